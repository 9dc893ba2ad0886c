-- Grain: one row per metric
select
    metric,
    name as metric_name_zh,
    name_en as metric_name_en,
    aggregate,
    unit,
    direction,
    definition as definition_zh,
    definition_en,
    case
        when aggregate = 'ratio' then concat(numerator_metric, ' / ', denominator_metric)
        else concat(
            aggregate, '(', entity, '.', coalesce(value_column, '*'), ') by ', date_column,
            case
                when
                    conditions is not null and conditions <> ''
                    then concat(' where ', conditions)
                else ''
            end,
            case
                when reach_at_least is not null
                    then concat(
                        ' reaching ', cast(reach_at_least as {{ dbt.type_string() }}),
                        case
                            when reach_column is not null then concat(' of ', reach_column) else ''
                        end
                    )
                else ''
            end,
            case
                when window_months is not null
                    then concat(' in ', cast(window_months as {{ dbt.type_string() }}), ' months')
                else ''
            end
        )
    end as formula,
    is_enabled,
    disabled_reason_zh,
    disabled_reason_en,
    rules_version
from {{ source('rules', 'metrics') }}
