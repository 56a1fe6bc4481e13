alter table jobs
    add column started_at timestamp with time zone,
    -- When a dispatcher is to start it; null: nobody is asked to, or somebody has.
    add column dispatch_at timestamp with time zone,
    add column dispatched_at timestamp with time zone,
    add column attempts integer not null default 0,
    add column max_attempts integer not null default 3,
    add column workers integer not null default 1,
    add column priority integer not null default 0,
    -- When somebody asked for its end.
    add column cancel_at timestamp with time zone,
    -- The API key that handed it in; null: somebody on the command line.
    add column owner text,
    add column idempotency_key text,
    add column request_hash text,
    -- What is asked for, where one job at a time is enough for all who ask.
    add column flight text,
    -- What became of each attempt.
    add column story text[] not null default '{}';;
-- Jobs of before. Their units were requests, which those that are handed in are not: what lists such
-- cannot be gone on with, and would be open for ever. The others go on.
update jobs set started_at = created_at;;
update jobs set status = 'failed', finished_at = now(),
    reason = 'begun by an older version: start it anew, what is stored is not asked for again'
where status is null and arguments ?| array[
    'players', 'ids', 'urls', 'events', 'teams', 'keywords', 'shops', 'categories', 'accounts'];;
update job_units set status = 'failed', ended_at = now(), reason = 'begun by an older version'
where status is null and job in (select id from jobs where status is not null);;
create unique index jobs_idempotency on jobs (coalesce(owner, ''), idempotency_key)
    where idempotency_key is not null;;
create unique index jobs_flight on jobs (flight) where flight is not null and status is null;;
create index jobs_of_flight on jobs (flight, created_at) where flight is not null;;
create index jobs_due on jobs (priority desc, dispatch_at)
    where dispatch_at is not null and status is null;;
create index jobs_open on jobs (id) where status is null;;
create index jobs_newest on jobs (created_at, id);;
create index jobs_by_status on jobs (status, created_at, id);;
create index jobs_of_owner on jobs (owner, created_at, id);;
-- Units that one request asks for together have a leader: the one that it is counted for.
alter table job_units
    add column leader bigint,
    -- Handed in with the job; the others came up when its spider began.
    add column is_given boolean not null default false,
    -- Its page said how it ended: the end of its requests says no more.
    add column is_told boolean not null default false;;
-- A job of 10,000 units is to be accepted at once: half of that was this index, which the one below
-- is as good as, and the look-up of the job for each unit.
drop index job_units_open;;
alter table job_units drop constraint job_units_job_fkey;;
create index job_units_leader on job_units (leader) where leader is not null;;
create index job_units_of_job on job_units (job, id);;
create index job_units_trouble on job_units (job, status, id)
    where status in ('blocked', 'failed', 'cancelled');;
-- One row for each process that works on a job, or was asked to.
create table job_workers (
    id text primary key,
    job text not null references jobs on delete cascade,
    node text,
    -- How its dispatcher finds it again.
    handle text,
    dispatched_at timestamp with time zone,
    started_at timestamp with time zone,
    -- When a dispatcher asked it to end: once, a second time would cut it short.
    stop_at timestamp with time zone,
    seen_at timestamp with time zone,
    ended_at timestamp with time zone,
    status text,
    reason text
);;
create index job_workers_of_job on job_workers (job) where ended_at is null;;
-- Sums for each job, kept by whoever changes what is summed, in the same transaction; in lanes, so
-- that writers do not wait for each other.
create table job_counts (
    job text not null references jobs on delete cascade,
    lane smallint not null,
    name text not null,
    n bigint not null,
    primary key (job, lane, name)
);;
-- No foreign key: it would be looked up for each row of each crawl.
create table job_results (
    job text not null,
    seq bigint generated always as identity,
    unit bigint,
    table_name text not null,
    key text[] not null,
    -- Numbers are in no order of commits. Who reads on goes by this, and not past an open one.
    xid xid8 not null default pg_current_xact_id(),
    primary key (job, seq)
);;
create unique index job_results_key on job_results (job, table_name, key);;
create index job_results_place on job_results (job, xid, seq);;
create index job_results_table on job_results (job, table_name, xid, seq);;
create index job_results_unit on job_results (job, unit, xid, seq);;
create function drop_job() returns trigger language plpgsql as $$
begin
    delete from job_units where job = old.id;
    delete from job_results where job = old.id;
    return null;
end $$;;
create trigger drop_job after delete on jobs for each row execute function drop_job();;
create function count_new_units() returns trigger language plpgsql as $$
begin
    insert into job_counts as c (job, lane, name, n)
    select job, pg_backend_pid() % 16, 'unit/' || coalesce(status, 'open'), count(*)
    from added group by job, status order by 1, 3
    on conflict (job, lane, name) do update set n = c.n + excluded.n;
    return null;
end $$;;
create function count_ended_units() returns trigger language plpgsql as $$
begin
    insert into job_counts as c (job, lane, name, n)
    select changes.job, pg_backend_pid() % 16, changes.name, sum(changes.n) from (
        select job, 'unit/' || coalesce(status, 'open') as name, 1 as n from after
        union all select job, 'unit/' || coalesce(status, 'open'), -1 from before
        union all select job, 'requests', requests from after
        union all select job, 'requests', -requests from before
        union all select job, 'requests/failed', failed from after
        union all select job, 'requests/failed', -failed from before
        union all select job, 'requests/blocked', blocked from after
        union all select job, 'requests/blocked', -blocked from before
    ) as changes
    group by job, name having sum(n) <> 0 order by 1, 3
    on conflict (job, lane, name) do update set n = c.n + excluded.n;
    return null;
end $$;;
create trigger count_new_units after insert on job_units
    referencing new table as added for each statement execute function count_new_units();;
create trigger count_ended_units after update on job_units
    referencing old table as before new table as after
    for each statement execute function count_ended_units();;
-- Units of before: they count, too.
insert into job_counts (job, lane, name, n)
select job, 0, counted.name, sum(n) from job_units, lateral (values
    ('unit/' || coalesce(status, 'open'), 1), ('requests', requests),
    ('requests/failed', failed), ('requests/blocked', blocked)) as counted (name, n)
group by job, counted.name;;
