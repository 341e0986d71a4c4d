"""The canonical tables of surveys and of campaigns: what customers were asked and said, and campaigns."""

from __future__ import annotations

from helpers.schema.kinds import Column, TableSchema

SURVEY_RESPONSES = TableSchema(
    "survey_responses",
    "one answer: what one customer said to one question of one interview",
    (
        Column("response_id", "id", "id of the interview; its answers share it", required=True),
        Column("customer_id", "id", "the customer who answered; empty where the survey was anonymous"),
        Column("wave", "text", "the round of the survey: waves in the order of the alphabet are in the order of time"),
        Column("mode", "text", "how it was asked: online, phone, onsite"),
        Column("answered_on", "day", "day of the interview", "ISO date"),
        Column("question_id", "id", "the question, as in `survey_questions`", required=True),
        Column("answer", "text", "the answer as given: a whole number of the scale, or free text", required=True),
        Column("weight", "number", "how many customers the interview stands for, with all its answers", "count"),
        Column("stratum", "text", "the stratum in which the customer was sampled"),
        Column("cluster", "text", "the cluster within the stratum; its interviews are not independent"),
        Column("subcluster", "text", "what was sampled within the cluster; empty: the interview itself"),
        Column(
            "stratum_unit_count",
            "number",
            "units (clusters, else customers) of the stratum in the population, sampled or not; empty: endless",
            "count",
        ),
        Column(
            "cluster_unit_count",
            "number",
            "units (subclusters, else customers) of the cluster in the population, sampled or not; empty: endless",
            "count",
        ),
        Column("duration_seconds", "number", "how long the interview took, with all its answers", "seconds"),
    ),
    dated="answered_on",
)

SURVEY_QUESTIONS = TableSchema(
    "survey_questions",
    "one question",
    (
        Column("question_id", "id", "id of the question", required=True),
        Column(
            "kind",
            "text",
            "csat, nps, ces, item (of a grid), profile (about the person), multiple (several answers), comment or "
            "comment_code (given by a coder)",
            required=True,
        ),
        Column("topic", "text", "what an item of a grid is about; empty for the others"),
        Column("scale_low", "integer", "the lowest answer; empty for free text", "points"),
        Column("scale_high", "integer", "the highest answer, and the best; empty for free text", "points"),
        Column("wording", "text", "the question as it was asked"),
        Column(
            "part_of", "id", "the multiple question to which this column belongs: with a topic it ticks that answer"
        ),
        Column("delimiter", "text", "what stands between the answers to a multiple question, where they are one text"),
    ),
    key="question_id",
)

SURVEY_INVITATIONS = TableSchema(
    "survey_invitations",
    "one customer who was asked to answer in one wave, whether or not the customer did",
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("wave", "text", "the round of the survey, as in `survey_responses`"),
        Column("mode", "text", "how the customer was approached: online, phone, onsite"),
        Column("invited_on", "day", "day of the first approach", "ISO date"),
        Column(
            "outcome",
            "text",
            "complete, partial, refusal, no_contact, other, unknown (whether eligible) or ineligible",
            required=True,
        ),
        Column("weight", "number", "how many customers the invitation stands for: one over its chance", "count"),
        Column("response_id", "id", "id of the interview that it led to; empty where there was none"),
    ),
    dated="invited_on",
)

CAMPAIGNS = TableSchema(
    "campaigns",
    "one arm of one campaign; the arm `control` is left alone",
    (
        Column("campaign_id", "id", "id of the campaign; its arms share it", required=True),
        Column("arm", "text", "what is done to its customers: control, email, voucher ...", required=True),
        Column("starts_on", "day", "first day of the campaign", "ISO date", required=True),
        Column("ends_on", "day", "last day on which a response counts", "ISO date", required=True),
        Column("planned_share", "number", "share of customers that chance was to send to this arm", "share, 0 to 1"),
        Column("cost", "money", "cost of the arm, however many are in it", "currency of the report"),
        Column("contact_cost", "money", "cost of each customer who was exposed", "currency of the report"),
        Column("response_cost", "money", "cost of each exposed customer's response", "currency of the report"),
    ),
    dated="starts_on",
)

CAMPAIGN_ASSIGNMENTS = TableSchema(
    "campaign_assignments",
    "one customer in one campaign",
    (
        Column("campaign_id", "id", "the campaign", required=True),
        Column("customer_id", "id", "the customer", required=True),
        Column("arm", "text", "the arm the customer was assigned to, exposed or not", required=True),
        Column("assigned_at", "instant", "when the arm was decided", "instant", required=True),
        Column("exposed_at", "instant", "when the customer got to see it; empty: never, as in control", "instant"),
        Column("responded_at", "instant", "when the offer was taken up, in any arm; empty: never", "instant"),
        Column("response_amount", "money", "what was paid for it; no order holds it", "currency of the report"),
    ),
    dated="assigned_at",
    ends=("exposed_at", "responded_at"),
    with_end=(("response_amount", "responded_at"),),
)

CAMPAIGN_CONTACTS = TableSchema(
    "campaign_contacts",
    "one customer who was sent one campaign, chosen by somebody and not by chance",
    (
        Column("campaign_id", "id", "the campaign", required=True),
        Column("customer_id", "id", "the customer", required=True),
    ),
)

COUPON_REDEMPTIONS = TableSchema(
    "coupon_redemptions",
    "one coupon of a campaign that one customer redeemed",
    (
        Column("campaign_id", "id", "the campaign", required=True),
        Column("customer_id", "id", "the customer", required=True),
        Column("redeemed_on", "day", "day on which it was redeemed", "ISO date", required=True),
        Column("coupon", "text", "code of the coupon"),
    ),
    dated="redeemed_on",
)

OF_CAMPAIGNS = (CAMPAIGNS, CAMPAIGN_ASSIGNMENTS, CAMPAIGN_CONTACTS, COUPON_REDEMPTIONS)
SURVEYS = (SURVEY_RESPONSES, SURVEY_QUESTIONS, SURVEY_INVITATIONS, *OF_CAMPAIGNS)
