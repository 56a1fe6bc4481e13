-- Profiles, whom they follow, and the runs that were paid for to learn it.

create table profiles (
    platform text not null,
    id text not null,
    username text not null,
    full_name text,
    is_private boolean,
    is_verified boolean,
    gender text,
    gender_confidence double precision,
    gender_method text,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, id)
);

create table follows (
    platform text not null,
    account text not null,
    profile_id text not null,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (platform, account, profile_id)
);

create table apify_runs (
    id text not null,
    actor text not null,
    dataset text not null,
    accounts text[] not null,
    attempt bigint not null,
    status text not null,
    outcome text not null,
    message text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    max_items bigint not null,
    max_cost_microusd bigint not null,
    rows_read bigint not null,
    kept bigint not null,
    others bigint not null,
    errors bigint not null,
    rejected bigint not null,
    problems jsonb,
    cost_microusd bigint,
    source text not null,
    source_url text not null,
    fetched_at timestamp with time zone not null,
    first_seen_at timestamp with time zone not null,
    changed_at timestamp with time zone not null,
    checked_at timestamp with time zone not null,
    primary key (id)
);

create index on profiles (platform, lower(username));

create index on follows (platform, profile_id);
