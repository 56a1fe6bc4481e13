-- People who use the API and the dashboard.
create table users (
    id text primary key,
    name text not null unique,
    role text not null check (role in ('administrator', 'member', 'reader')),
    -- Argon2 in its own format; null: an identity provider signs them in.
    password text,
    password_at timestamp with time zone,
    issuer text,
    subject text,
    created_at timestamp with time zone not null default now(),
    disabled_at timestamp with time zone,
    unique (issuer, subject),
    check ((issuer is null) = (subject is null))
);;
-- A session is a family of refresh tokens: what ends it, ends all of them, also those that are
-- being made at the same moment.
create table sessions (
    id text primary key,
    user_id text not null references users on delete cascade,
    created_at timestamp with time zone not null default now(),
    absolute_expires_at timestamp with time zone not null,
    revoked_at timestamp with time zone,
    reason text
);;
create index sessions_of_user on sessions (user_id);;
create index sessions_over on sessions (absolute_expires_at);;
-- Each is used once, and stays until its family is over: one that is used again tells of a thief.
-- With each comes an access token; of both only a digest is kept.
create table refresh_tokens (
    id text primary key,
    family_id text not null references sessions on delete cascade,
    parent_id text,
    hash bytea not null unique,
    access_hash bytea not null,
    access_expires_at timestamp with time zone not null,
    issued_at timestamp with time zone not null default now(),
    expires_at timestamp with time zone not null,
    used_at timestamp with time zone
);;
create index refresh_tokens_of_family on refresh_tokens (family_id);;
-- The person that a key acts for; null: nobody, it stands for itself.
alter table api_keys add column owner text references users;;
create index api_keys_of_owner on api_keys (owner) where owner is not null;;
-- The key that a link was made with: where that is revoked, the link ends, too.
alter table share_links add column key text;;
-- What somebody made is seen by them and by administrators. Who owns the tables (workers, commands)
-- is not asked; the API becomes another role, and says in each transaction for whom it looks. What it
-- says is a select of its own, which the planner has done once, and not with each row.
alter table jobs enable row level security;;
create policy theirs on jobs using (
    owner = (select current_setting('crawlers.owner', true))
    or (select current_setting('crawlers.sees_all', true)) = 'on');;
-- A link shows one job to whoever has it.
create policy by_link on jobs for select using (id = (select current_setting('crawlers.job', true)));;
-- What belongs to a job is seen by whoever sees the job. Most transactions are about one, which they
-- have looked for before: to look for it again with each row would cost a fifth of a page of results.
-- A function, because of a query the planner would make a hash of all jobs.
create function sees_job(job text) returns boolean language plpgsql stable as $$
begin
    return exists (select from jobs where id = job);
end $$;;
-- What a transaction of the API begins with. The name of its job is set only if it may see that job.
create function look_for(owner text, sees_all boolean, link text, about text) returns void
language plpgsql as $$
begin
    perform set_config('crawlers.owner', owner, true);
    perform set_config('crawlers.sees_all', case when sees_all then 'on' else 'off' end, true);
    perform set_config('crawlers.job', link, true);
    if about is not null then
        perform set_config('crawlers.in_job', id, true) from jobs where id = about;
    end if;
end $$;;
alter table job_units enable row level security;;
create policy of_their_jobs on job_units
    using (job = (select current_setting('crawlers.in_job', true)) or sees_job(job));;
alter table job_results enable row level security;;
create policy of_their_jobs on job_results
    using (job = (select current_setting('crawlers.in_job', true)) or sees_job(job));;
alter table job_counts enable row level security;;
create policy of_their_jobs on job_counts
    using (job = (select current_setting('crawlers.in_job', true)) or sees_job(job));;
alter table job_workers enable row level security;;
create policy of_their_jobs on job_workers
    using (job = (select current_setting('crawlers.in_job', true)) or sees_job(job));;
alter table share_links enable row level security;;
create policy of_their_jobs on share_links
    using (job = (select current_setting('crawlers.in_job', true)) or sees_job(job));;
alter table api_keys enable row level security;;
create policy theirs on api_keys using (
    owner = (select current_setting('crawlers.owner', true))
    or (select current_setting('crawlers.sees_all', true)) = 'on');;
-- What happened to people, keys and sessions. Nobody rewrites it: of those who may write it at all,
-- this login included, all may only add. It names people by their ids.
create table audit_log (
    id bigint generated always as identity primary key,
    at timestamp with time zone not null default now(),
    event text not null,
    -- Who did it: a person, a key; null: somebody on the command line, or a stranger.
    actor text,
    -- Whom or what it was done to.
    subject text,
    detail text
);;
create index audit_log_of_subject on audit_log (subject, id);;
create index audit_log_of_actor on audit_log (actor, id);;
create function refuse_rewriting() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only added to' using errcode = 'insufficient_privilege';
end $$;;
create trigger only_added_to before update or delete on audit_log
    for each row execute function refuse_rewriting();;
create trigger never_emptied before truncate on audit_log
    for each statement execute function refuse_rewriting();;
-- An address is a person's, too: it goes after some time, and so is not in the log itself.
create table audit_addresses (
    entry bigint primary key references audit_log,
    at timestamp with time zone not null default now(),
    address text not null
);;
create index audit_addresses_by_time on audit_addresses (at);;
