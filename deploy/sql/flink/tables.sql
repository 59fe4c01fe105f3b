-- Actor rows in Flink SQL (1.18 or later, with the Kafka SQL connector): the topic as a table, and tumbling windows.
CREATE TABLE actor_rows (
    article_id STRING,
    published_at TIMESTAMP_LTZ(3),
    source STRING,
    actor_id STRING,
    actor_name STRING,
    actor_kind STRING,
    `role` STRING,
    salience DOUBLE,
    label STRING,
    score DOUBLE,
    confidence DOUBLE,
    mentions BIGINT,
    positive BIGINT,
    neutral BIGINT,
    negative BIGINT,
    processed_at STRING,
    duplicate_of STRING,
    -- The record's timestamp is that of the input record (kafka.output_timestamp = "input").
    happened_at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
    WATERMARK FOR happened_at AS happened_at - INTERVAL '5' MINUTE
) WITH (
    'connector' = 'kafka',
    'topic' = 'articles.actor-rows',
    'properties.bootstrap.servers' = 'broker-1:9092',
    'properties.group.id' = 'flink-actor-rows',
    'properties.isolation.level' = 'read_committed',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601',
    'json.ignore-parse-errors' = 'true'
);

CREATE VIEW actor_hours AS
SELECT
    window_start,
    actor_id,
    MAX(actor_name) AS actor_name,
    COUNT(DISTINCT article_id) AS articles,
    SUM(mentions) AS mentions,
    AVG(score) AS score
FROM TABLE(TUMBLE(TABLE actor_rows, DESCRIPTOR(happened_at), INTERVAL '1' HOUR))
GROUP BY window_start, window_end, actor_id;
