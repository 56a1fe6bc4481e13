insert into profiles (platform, id, username, full_name, is_private, is_verified, gender,
                      gender_confidence, gender_method, source, source_url, fetched_at,
                      first_seen_at, changed_at, checked_at)
select 'instagram', n::text, 'person_' || n, 'Maria ' || n, n % 3 = 0, false, 'female', 0.97,
       'first name', 'instagram', 'https://api.apify.com/v2/datasets/d' || n / 1000 || '/items',
       now(), now(), now(), now()
from generate_series(1, 500000) as n;
insert into follows (platform, account, profile_id, source, source_url, fetched_at, first_seen_at,
                     changed_at, checked_at)
select 'instagram', 'brand_' || n / 50, n::text, 'instagram',
       'https://api.apify.com/v2/datasets/d' || n / 1000 || '/items', now(), now(), now(), now()
from generate_series(1, 500000) as n;
insert into jobs (id, source, arguments, started_at, finished_at, status, requests, rows)
values ('big', 'instagram', '{"max_followers": 50}', now(), now(), 'completed', 12000, 1000000);
insert into job_units (job, name, is_given, status, ended_at, requests)
select 'big', 'brand_' || n, true, 'done', now(), 1 from generate_series(0, 10000) as n;
insert into job_results (job, unit, table_name, key)
select 'big', (select min(id) from job_units) + n / 50, t.name,
       case t.name when 'profiles' then array['instagram', n::text]
                   else array['instagram', 'brand_' || n / 50, n::text] end
from generate_series(1, 500000) as n, (values ('follows'), ('profiles')) as t (name)
order by n, t.name;
insert into job_counts (job, lane, name, n)
values ('big', 0, 'rows/profiles', 500000), ('big', 0, 'rows/follows', 500000);
analyze
