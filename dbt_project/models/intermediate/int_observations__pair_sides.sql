-- Numerator and denominator of what is a quotient. The denominator is that of the period, or of its year if the period
-- is shorter and has none of its own. A flow is related to a stock for whole years only.
with numerators as (

    select
        sides.*,
        indicators.formula,
        indicators.decimals,
        indicators.interval_kind,
        coalesce(indicators.factor, 1) as factor
    from {{ ref('int_observations__add_up_terms') }} as sides
    inner join {{ ref('int_indicators__keep_available') }} as indicators on sides.indicator_id = indicators.indicator_id
    inner join {{ ref('int_periods__parse_codes') }} as periods on sides.period_code = periods.period_code
    left join {{ ref('int_indicators__find_annual') }} as annual on sides.indicator_id = annual.indicator_id
    where
        sides.side = 'numerator'
        and sides.is_complete
        and indicators.formula in ('published', 'ratio', 'location_quotient')
        and (annual.indicator_id is null or periods.kind in ('year', 'school_year'))

),

denominators as (

    select * from {{ ref('int_observations__add_up_terms') }}
    where
        side = 'denominator'
        and is_complete

),

paired as (

    select
        numerators.indicator_id,
        numerators.formula,
        numerators.decimals,
        numerators.interval_kind,
        numerators.factor,
        numerators.region_code,
        numerators.period_code,
        numerators.boundary_year,
        numerators.year,
        numerators.value as numerator,
        denominators.value as denominator,
        {{ worst_of_two('numerators.value_status', 'denominators.value_status', value_status_order()) }}
            as value_status,
        {{ worst_of_two('numerators.boundary_method', 'denominators.boundary_method', boundary_method_order()) }}
            as boundary_method,
        greatest(numerators.parts_count, denominators.parts_count) as parts_count,
        numerators.is_over and denominators.is_over as is_over,
        row_number() over (
            partition by
                numerators.indicator_id, numerators.region_code, numerators.period_code, numerators.boundary_year
            order by case when numerators.period_code = denominators.period_code then 1 else 2 end
        ) as preference
    from numerators
    inner join denominators
        on
            numerators.indicator_id = denominators.indicator_id
            and numerators.region_code = denominators.region_code
            and numerators.boundary_year = denominators.boundary_year
            and (
                numerators.period_code = denominators.period_code
                or {{ whole_year('numerators.year') }} = denominators.period_code
            )

)

select
    indicator_id,
    formula,
    decimals,
    interval_kind,
    factor,
    region_code,
    period_code,
    boundary_year,
    year,
    numerator,
    denominator,
    value_status,
    boundary_method,
    parts_count,
    is_over
from paired
where preference = 1
