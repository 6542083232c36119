-- Which municipality is in which CBS region, with first and last day. A region table shows this for 1 January of its
-- year. Each table holds until the day of the next one; the first also holds before its day, and the last after it. A
-- municipality that is in no table of a scheme, because it ended before the first or began after the last, is where its
-- heir is, or else where the largest part of it came from.
with lifetimes as (

    select * from {{ ref('int_regions__date_municipalities') }}

),

sightings as (

    select
        boundary_years.scheme,
        boundary_years.municipality_code,
        boundary_years.region_code,
        boundary_years.boundary_year,
        boundary_years.dataset_id,
        row_number() over (
            partition by boundary_years.scheme, boundary_years.municipality_code order by boundary_years.boundary_year
        ) as sighting_number,
        lag(boundary_years.region_code) over (
            partition by boundary_years.scheme, boundary_years.municipality_code order by boundary_years.boundary_year
        ) as region_before
    from {{ ref('int_regions__read_divisions') }} as boundary_years
    where boundary_years.scheme <> 'municipality'

),

-- A stay begins with the first sighting, and with each sighting in a different region than the one before.
stays as (

    select
        sightings.*,
        sum(
            case
                when sightings.sighting_number = 1 or sightings.region_code <> sightings.region_before then 1
                else 0
            end
        ) over (
            partition by sightings.scheme, sightings.municipality_code
            order by sightings.boundary_year rows unbounded preceding
        ) as stay_number
    from sightings

),

spans as (

    select
        scheme,
        municipality_code,
        region_code,
        stay_number,
        make_date(min(boundary_year), 1, 1) as first_seen,
        max(boundary_year) as last_boundary_year
    from stays
    group by scheme, municipality_code, region_code, stay_number

),

bounded as (

    select
        spans.scheme,
        spans.municipality_code,
        spans.region_code,
        stays.dataset_id,
        case when spans.stay_number = 1 then lifetimes.valid_from else spans.first_seen end as valid_from,
        coalesce(
            {{ day_before('next_span.first_seen') }},
            lifetimes.valid_to
        ) as valid_to
    from spans
    inner join stays
        on
            spans.scheme = stays.scheme
            and spans.municipality_code = stays.municipality_code
            and spans.last_boundary_year = stays.boundary_year
    inner join lifetimes on spans.municipality_code = lifetimes.municipality_code
    left join spans as next_span
        on
            spans.scheme = next_span.scheme
            and spans.municipality_code = next_span.municipality_code
            and spans.stay_number + 1 = next_span.stay_number

),

transitions as (

    select * from {{ ref('int_regions__follow_boundary_changes') }}
    where boundary_year = {{ var('newest_boundary_year') }}

),

relatives as (

    select
        source_code as municipality_code,
        target_code as relative_code,
        1 as degree,
        share_to - share_from as size
    from transitions
    union all
    select
        target_code as municipality_code,
        source_code as relative_code,
        2 as degree,
        share_to - share_from as size
    from transitions

),

inherited as (

    select
        first_stays.scheme,
        lifetimes.municipality_code,
        first_stays.region_code,
        first_stays.dataset_id,
        lifetimes.valid_from,
        lifetimes.valid_to,
        row_number() over (
            partition by first_stays.scheme, lifetimes.municipality_code
            order by relatives.degree asc, relatives.size desc, relatives.relative_code asc
        ) as nearness
    from lifetimes
    inner join relatives on lifetimes.municipality_code = relatives.municipality_code
    inner join stays as first_stays
        on relatives.relative_code = first_stays.municipality_code and first_stays.sighting_number = 1
    left join stays as own
        on
            lifetimes.municipality_code = own.municipality_code
            and first_stays.scheme = own.scheme
    where own.municipality_code is null

)

select * from bounded
union all
select
    scheme,
    municipality_code,
    region_code,
    dataset_id,
    valid_from,
    valid_to
from inherited
where nearness = 1
