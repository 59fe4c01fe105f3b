-- The questions of a dashboard, in PostgreSQL. Times are UTC.

-- question: sentiment toward one actor by day and source
SELECT (happened_at AT TIME ZONE 'UTC')::date AS day, source, count(*) AS articles, round(avg(score)::numeric, 4) AS score
FROM latest_actor_rows
WHERE actor_id = 'Q7184'
GROUP BY 1, 2
ORDER BY day, source NULLS LAST;

-- question: the actors written about most
SELECT actor_id, max(actor_name) AS name, count(*) AS articles, sum(mentions) AS mentions, round(avg(score)::numeric, 4) AS score
FROM latest_actor_rows
GROUP BY actor_id
ORDER BY articles DESC, mentions DESC, actor_id
LIMIT 5;

-- question: who is judged most unlike by the sources
SELECT actor_id, round((max(score) - min(score))::numeric, 4) AS spread
FROM (
    SELECT actor_id, source, avg(score) AS score
    FROM latest_actor_rows
    WHERE source IS NOT NULL
    GROUP BY actor_id, source
) by_source
GROUP BY actor_id
HAVING count(*) > 1
ORDER BY spread DESC, actor_id
LIMIT 3;

-- question: share of articles by label and day
SELECT (happened_at AT TIME ZONE 'UTC')::date AS day, label, count(*) AS "rows"
FROM latest_actor_rows
GROUP BY 1, 2
ORDER BY day, label;
