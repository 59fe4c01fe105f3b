-- Actor rows into DuckDB, for notebooks. rows.jsonl: `tonewire enrich --output rows *.json > rows.jsonl`, or what a
-- consumer of kafka.actor_row_topic wrote, a value on each line.
CREATE OR REPLACE TABLE actor_rows AS
SELECT *
FROM read_json('rows.jsonl', format = 'newline_delimited', columns = {
    article_id: 'VARCHAR', revision: 'VARCHAR', published_at: 'TIMESTAMPTZ', source: 'VARCHAR', url: 'VARCHAR',
    title: 'VARCHAR', language: 'VARCHAR', actor_id: 'VARCHAR', actor_name: 'VARCHAR', actor_kind: 'VARCHAR',
    wikidata: 'VARCHAR', groups: 'VARCHAR[]', role: 'VARCHAR', salience: 'DOUBLE', label: 'VARCHAR',
    score: 'DOUBLE', confidence: 'DOUBLE', mentions: 'BIGINT', positive: 'BIGINT', neutral: 'BIGINT',
    negative: 'BIGINT', own_voice_mentions: 'BIGINT', own_voice_score: 'DOUBLE', input_topic: 'VARCHAR',
    input_partition: 'INTEGER', input_offset: 'BIGINT', model: 'VARCHAR', processed_at: 'TIMESTAMPTZ',
    duplicate_of: 'VARCHAR'
});

-- Of an article that came more than once (a revision, or a repeat in at-least-once mode) the version processed last.
CREATE OR REPLACE VIEW latest_actor_rows AS
SELECT *, coalesce(published_at, processed_at) AS happened_at
FROM actor_rows
QUALIFY processed_at = max(processed_at) OVER (PARTITION BY article_id)
    AND row_number() OVER (PARTITION BY article_id, actor_id, processed_at) = 1;
