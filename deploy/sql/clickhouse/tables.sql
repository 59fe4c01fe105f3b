-- Actor rows in ClickHouse (24.3 or later). kafka.sql fills `actor_rows` from the topic; INSERT ... FORMAT JSONEachRow
-- fills it from a file.
CREATE TABLE IF NOT EXISTS actor_rows (
    article_id String,
    revision Nullable(String),
    published_at Nullable(DateTime64(3, 'UTC')),
    source LowCardinality(Nullable(String)),
    url Nullable(String),
    title Nullable(String),
    language LowCardinality(Nullable(String)),
    actor_id String,
    actor_name String,
    actor_kind LowCardinality(String),
    wikidata Nullable(String),
    groups Array(String),
    role LowCardinality(String),
    salience Float64,
    label LowCardinality(String),
    score Float64,
    confidence Float64,
    mentions UInt32,
    positive UInt32,
    neutral UInt32,
    negative UInt32,
    own_voice_mentions UInt32,
    own_voice_score Nullable(Float64),
    input_topic LowCardinality(Nullable(String)),
    input_partition Nullable(Int32),
    input_offset Nullable(Int64),
    model LowCardinality(String),
    processed_at DateTime64(9, 'UTC'),
    -- Id of the earlier article that this one is a copy of: leave such rows out to count a story once.
    duplicate_of Nullable(String),
    happened_at DateTime64(3, 'UTC') MATERIALIZED coalesce(published_at, toDateTime64(processed_at, 3, 'UTC'))
)
-- A repeat of a row has the same key and is dropped when parts are merged.
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(processed_at)
ORDER BY (actor_id, article_id, processed_at);

-- Of an article that came more than once (a revision, or a repeat in at-least-once mode) the version processed last.
CREATE VIEW IF NOT EXISTS latest_actor_rows AS
SELECT *, happened_at
FROM actor_rows FINAL
WHERE (article_id, processed_at) IN (SELECT article_id, max(processed_at) FROM actor_rows GROUP BY article_id);

-- Per actor and hour, kept up to date on every insert: for charts over months. These count a revision as one more
-- article; where that matters, ask latest_actor_rows.
CREATE TABLE IF NOT EXISTS actor_hours (
    hour DateTime('UTC'),
    actor_id String,
    actor_name SimpleAggregateFunction(any, String),
    articles AggregateFunction(uniq, String),
    row_count SimpleAggregateFunction(sum, UInt64),
    mention_count SimpleAggregateFunction(sum, UInt64),
    score_sum SimpleAggregateFunction(sum, Float64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (actor_id, hour);

CREATE MATERIALIZED VIEW IF NOT EXISTS actor_hours_of_rows TO actor_hours AS
SELECT
    toStartOfHour(coalesce(published_at, toDateTime64(processed_at, 3, 'UTC'))) AS hour,
    actor_id,
    any(actor_name) AS actor_name,
    uniqState(article_id) AS articles,
    toUInt64(count()) AS row_count,
    toUInt64(sum(mentions)) AS mention_count,
    sum(score) AS score_sum
FROM actor_rows
GROUP BY actor_id, hour;

-- Per actor and day, from the hours.
CREATE VIEW IF NOT EXISTS actor_days AS
SELECT
    toDate(hour) AS day,
    actor_id,
    any(actor_name) AS name,
    uniqMerge(articles) AS article_count,
    sum(mention_count) AS mentions,
    sum(score_sum) / sum(row_count) AS score
FROM actor_hours
GROUP BY day, actor_id;
