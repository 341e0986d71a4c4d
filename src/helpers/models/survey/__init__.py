"""What customers say in surveys, estimated for all customers: the design first, then every number with its error."""
