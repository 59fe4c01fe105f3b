-- Actor rows in PostgreSQL (14 or later) or TimescaleDB. Kafka Connect's JDBC sink writes them (connect-sink.json).
CREATE TABLE IF NOT EXISTS actor_rows (
    article_id text NOT NULL,
    revision text,
    published_at timestamptz,
    source text,
    url text,
    title text,
    language text,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    actor_kind text NOT NULL,
    wikidata text,
    role text NOT NULL,
    salience double precision NOT NULL,
    label text NOT NULL,
    score double precision NOT NULL,
    confidence double precision NOT NULL,
    mentions bigint NOT NULL,
    positive bigint NOT NULL,
    neutral bigint NOT NULL,
    negative bigint NOT NULL,
    own_voice_mentions bigint NOT NULL,
    own_voice_score double precision,
    input_topic text,
    input_partition integer,
    input_offset bigint,
    model text NOT NULL,
    processed_at timestamptz NOT NULL,
    -- Id of the earlier article that this one is a copy of: leave such rows out to count a story once.
    duplicate_of text,
    -- A repeat of a row (at least once, or the sink's own restart) finds itself here and is no second row.
    PRIMARY KEY (article_id, actor_id, processed_at)
);
CREATE INDEX IF NOT EXISTS actor_rows_by_actor ON actor_rows (actor_id, published_at);

-- With TimescaleDB: chunks by time of processing, which is part of the key.
-- SELECT create_hypertable('actor_rows', by_range('processed_at'), migrate_data => true);

-- Of an article that came more than once (a revision, or a repeat in at-least-once mode) the version processed last.
CREATE OR REPLACE VIEW latest_actor_rows AS
SELECT rows.*, coalesce(rows.published_at, rows.processed_at) AS happened_at
FROM actor_rows rows
JOIN (SELECT article_id, max(processed_at) AS processed_at FROM actor_rows GROUP BY article_id) latest
    USING (article_id, processed_at);
