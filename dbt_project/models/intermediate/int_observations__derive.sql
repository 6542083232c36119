-- What is computed from other indicators on the same boundaries. The denominator is that of the period, or of its year
-- if the period is shorter and has none of its own. An amount in the prices of another year is divided by the prices of
-- the whole country: there are no others.
with numerators as (

    select
        sides.*,
        indicators.formula,
        indicators.kind,
        indicators.decimals,
        coalesce(indicators.factor, 1) as factor,
        indicators.lag_years
    from {{ ref('int_observations__add_up_terms') }} as sides
    inner join {{ ref('int_indicators__keep_available') }} as indicators on sides.indicator_id = indicators.indicator_id
    where
        sides.side = 'numerator'
        and sides.is_complete

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
        numerators.region_code,
        numerators.period_code,
        numerators.boundary_year,
        numerators.year,
        numerators.decimals,
        numerators.factor * numerators.value / nullif(denominators.value, 0) as value,
        denominators.value = 0 as has_no_base,
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
    where numerators.formula in ('published', 'ratio', 'location_quotient')

),

quotients as (

    select * from paired
    where preference = 1

),

located as (

    select
        quotients.indicator_id,
        quotients.formula,
        quotients.region_code,
        quotients.period_code,
        quotients.boundary_year,
        quotients.year,
        quotients.decimals,
        case
            when quotients.formula = 'location_quotient' then quotients.value / nullif(country.value, 0)
            else quotients.value
        end as value,
        coalesce(quotients.has_no_base, false) as has_no_base,
        case
            when quotients.formula = 'location_quotient'
                then {{ worst_of_two(
                    'quotients.value_status',
                    "coalesce(country.value_status, quotients.value_status)",
                    value_status_order()
                ) }}
            else quotients.value_status
        end as value_status,
        quotients.boundary_method,
        quotients.parts_count,
        quotients.is_over
    from quotients
    left join quotients as country
        on
            quotients.indicator_id = country.indicator_id
            and quotients.period_code = country.period_code
            and quotients.boundary_year = country.boundary_year
            and country.region_code = 'NL01'

),

grown as (

    select
        numerators.indicator_id,
        numerators.formula,
        numerators.region_code,
        numerators.period_code,
        numerators.boundary_year,
        numerators.year,
        numerators.decimals,
        100 * (numerators.value / nullif(earlier.value, 0) - 1) as value,
        coalesce(earlier.value = 0, false) as has_no_base,
        {{ worst_of_two('numerators.value_status', 'earlier.value_status', value_status_order()) }} as value_status,
        {{ worst_of_two('numerators.boundary_method', 'earlier.boundary_method', boundary_method_order()) }}
            as boundary_method,
        greatest(numerators.parts_count, earlier.parts_count) as parts_count,
        true as is_over
    from numerators
    inner join numerators as earlier
        on
            numerators.indicator_id = earlier.indicator_id
            and numerators.region_code = earlier.region_code
            and numerators.boundary_year = earlier.boundary_year
            and {{ years_before('numerators.period_code', 'numerators.lag_years') }} = earlier.period_code
    where
        numerators.formula = 'growth'
        -- A period that is not over yet cannot have grown or shrunk.
        and numerators.is_over
        and earlier.is_over

),

added as (

    select
        indicator_id,
        formula,
        region_code,
        period_code,
        boundary_year,
        year,
        decimals,
        factor * value as value,
        false as has_no_base,
        value_status,
        boundary_method,
        parts_count,
        is_over
    from numerators
    where formula = 'sum'

),

-- An amount may itself be computed here, such as one per establishment; it is deflated before it is rounded.
nominal as (

    select
        indicator_id,
        region_code,
        period_code,
        boundary_year,
        year,
        decimals,
        factor,
        value,
        false as has_no_base,
        value_status,
        boundary_method,
        parts_count,
        is_over
    from numerators
    where formula = 'real'
    union all
    select
        reals.indicator_id,
        located.region_code,
        located.period_code,
        located.boundary_year,
        located.year,
        reals.decimals,
        reals.factor,
        located.value,
        located.has_no_base,
        located.value_status,
        located.boundary_method,
        located.parts_count,
        located.is_over
    from located
    inner join {{ ref('int_indicators__read_terms') }} as terms on located.indicator_id = terms.term_id
    inner join {{ ref('int_indicators__keep_available') }} as reals on terms.indicator_id = reals.indicator_id
    where
        reals.formula = 'real'
        and located.formula <> 'published'

),

deflated as (

    select
        nominal.indicator_id,
        'real' as formula,
        nominal.region_code,
        nominal.period_code,
        nominal.boundary_year,
        nominal.year,
        nominal.decimals,
        nominal.factor * nominal.value / nullif(prices.value, 0) as value,
        nominal.has_no_base or coalesce(prices.value = 0, false) as has_no_base,
        {{ worst_of_two('nominal.value_status', 'prices.value_status', value_status_order()) }} as value_status,
        nominal.boundary_method,
        nominal.parts_count,
        nominal.is_over and prices.is_over as is_over
    from nominal
    inner join denominators as prices
        on
            nominal.indicator_id = prices.indicator_id
            and nominal.boundary_year = prices.boundary_year
            and {{ whole_year('nominal.year') }} = prices.period_code
            and prices.region_code = 'NL01'

),

derived as (

    select * from located
    union all
    select * from deflated
    union all
    select * from grown
    union all
    select * from added

)

select
    indicator_id,
    formula,
    region_code,
    period_code,
    boundary_year,
    year,
    {{ round_to('value', 'decimals') }} as value,
    case
        when has_no_base then 'not_applicable'
        when value is null and value_status not in ('suppressed', 'not_applicable') then 'missing'
        else value_status
    end as value_status,
    boundary_method,
    parts_count,
    is_over
from derived
