{{ config(severity='warn', meta={
    'dagster': {'ref': {'name': 'mart_actuals_check'}},
    'zh': '近三个月赢单商机、订单与回款相互一致'}) }}
-- Won deals, orders and payments of the last three months tell one story; nothing is changed where
-- they do not.
select
    check_id, problem, opportunity_amount, order_amount, paid_amount, won_on, signed_on, source_row
from {{ ref('mart_actuals_check') }}
where
    coalesce(signed_on, won_on, first_received_on) > {{ months_before(as_of(), 3) }}
    and problem not in ('order_without_opportunity')
