-- What is computed from other indicators on the same boundaries. An amount in the prices of another year is divided by
-- the prices of the whole country: there are no others.
with numerators as (

    select
        sides.*,
        indicators.formula,
        indicators.decimals,
        coalesce(indicators.factor, 1) as factor,
        indicators.lag_years,
        periods.start_date
    from {{ ref('int_observations__add_up_terms') }} as sides
    inner join {{ ref('int_indicators__keep_available') }} as indicators on sides.indicator_id = indicators.indicator_id
    inner join {{ ref('int_periods__parse_codes') }} as periods on sides.period_code = periods.period_code
    where
        sides.side = 'numerator'
        and sides.is_complete
        and indicators.formula in ('growth', 'sum', 'real')

),

quotients as (

    select
        indicator_id,
        formula,
        region_code,
        period_code,
        boundary_year,
        year,
        decimals,
        numerator,
        denominator,
        factor,
        denominator = 0 as has_no_base,
        -- Made again from counts that the source rounded, so it is not the rate that the source would give.
        case
            when formula = 'published'
                then {{ worst_of_two('value_status', "'estimated'", value_status_order()) }}
            else value_status
        end as value_status,
        case
            when formula = 'published'
                then {{ worst_of_two('boundary_method', "'recomputed'", boundary_method_order()) }}
            else boundary_method
        end as boundary_method,
        parts_count,
        is_over
    from {{ ref('int_observations__pair_sides') }}

),

-- Growth from before a break in the series to after it, which says nothing.
crossed as (

    select distinct
        numerators.indicator_id,
        numerators.region_code,
        numerators.period_code
    from numerators
    inner join {{ ref('int_series__find_breaks') }} as breaks
        on
            numerators.indicator_id = breaks.indicator_id
            and {{ is_broken_between(
                'breaks',
                'numerators.region_code',
                day_years_before('numerators.start_date', 'numerators.lag_years'),
                'numerators.start_date'
            ) }}
    where numerators.formula = 'growth'

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
        -- The quotient over that of the country, in which the factors cancel out.
        case
            when quotients.formula = 'location_quotient' then quotients.numerator * country.denominator
            else quotients.numerator
        end as numerator,
        case
            when quotients.formula = 'location_quotient' then quotients.denominator * country.numerator
            else quotients.denominator
        end as denominator,
        case when quotients.formula = 'location_quotient' then 1 else quotients.factor end as factor,
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
        case
            when crossed.indicator_id is null
                then cast({{ difference_of('numerators.value', 'earlier.value') }} as double)
        end as numerator,
        earlier.value as denominator,
        100 as factor,
        crossed.indicator_id is not null or coalesce(earlier.value = 0, false) as has_no_base,
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
    left join crossed
        on
            numerators.indicator_id = crossed.indicator_id
            and numerators.region_code = crossed.region_code
            and numerators.period_code = crossed.period_code
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
        value as numerator,
        1 as denominator,
        factor,
        false as has_no_base,
        value_status,
        boundary_method,
        parts_count,
        is_over
    from numerators
    where formula = 'sum'

),

prices as (

    select * from {{ ref('int_observations__add_up_terms') }}
    where
        side = 'denominator'
        and is_complete
        and region_code = 'NL01'

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
        value as numerator,
        1 as denominator,
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
        reals.factor * located.factor as factor,
        located.numerator,
        located.denominator,
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
        nominal.numerator,
        nominal.denominator * prices.value as denominator,
        nominal.factor,
        nominal.has_no_base or coalesce(prices.value = 0, false) as has_no_base,
        {{ worst_of_two('nominal.value_status', 'prices.value_status', value_status_order()) }} as value_status,
        nominal.boundary_method,
        nominal.parts_count,
        nominal.is_over and prices.is_over as is_over
    from nominal
    inner join prices
        on
            nominal.indicator_id = prices.indicator_id
            and nominal.boundary_year = prices.boundary_year
            and {{ whole_year('nominal.year') }} = prices.period_code

),

parts as (

    select * from located
    union all
    select * from deflated
    union all
    select * from grown
    union all
    select * from added

),

-- Rounded once, from the parts.
derived as (

    select
        *,
        {{ ratio_to('numerator', 'denominator', 'decimals', factor='factor') }} as value
    from parts

)

select
    indicator_id,
    formula,
    region_code,
    period_code,
    boundary_year,
    year,
    value,
    case
        when has_no_base then 'not_applicable'
        when value is null and value_status not in ('suppressed', 'not_applicable') then 'missing'
        else value_status
    end as value_status,
    boundary_method,
    parts_count,
    is_over
from derived
