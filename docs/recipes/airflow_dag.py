"""Reports of Regulars each morning, as of the day that the run is for: a DAG of Airflow 2 or 3."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow import DAG

try:
    from airflow.providers.standard.operators.bash import BashOperator
except ImportError:  # Airflow 2
    from airflow.operators.bash import BashOperator

HOME = "/srv/regulars"
REFUSED = 6

with DAG(
    dag_id="regulars",
    schedule="0 6 * * *",
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=15)},
) as dag:
    # A refused report is skipped, not retried: other data, and not another try, would help. Regulars itself mails why.
    # REGULARS_SMTP_URL and REGULARS_MAIL_FROM are in the environment of the worker.
    run = BashOperator(
        task_id="run",
        bash_command=(
            f"cd {HOME} && .venv/bin/regulars run params/shop.yml"
            " --as-of {{ data_interval_start | ds }} --refuse red --log-format json"
        ),
        skip_on_exit_code=REFUSED,
        append_env=True,
    )
    prune = BashOperator(task_id="prune", bash_command=f"cd {HOME} && .venv/bin/regulars prune --keep 24")
    run >> prune
