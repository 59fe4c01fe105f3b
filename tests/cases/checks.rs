//! The checks that cases consist of, one function each.

use std::collections::BTreeSet;

use fancy_regex::Regex;
use serde_json::Value;
use tonewire::config::OffsetUnit;
use tonewire::record::{ActorKindName, ActorRecord, EnrichedRecord, RecordStatus, RoleName};

use crate::inputs::Subject;
use crate::reading::{Fate, bad_slices, find, flat, process, read_text, read_text_in, stable, word};

type Held = Result<(), String>;

/// Whether a check holds; if not, what the program said.
pub fn holds(check: &Value, subject: &mut Subject) -> Held {
    match text(check, "op") {
        "out_count" => count("enriched", subject.outputs().len(), check),
        "dlq_count" => count("dead letters", subject.dead_letters().len(), check),
        "out_plus_dlq" => count("results", subject.outputs().len() + subject.dead_letters().len(), check),
        "out_contains_id" => out_contains_id(check, subject),
        "out_id_exact_if_out" => out_id_exact(check, subject),
        "same_actors" => same_actors(check, subject),
        "no_char_in_output" => no_char_in_output(check, subject),
        // Reaching this line means that nothing panicked: the processor turns a panic into a dead letter with that code.
        "never" => never(subject),
        "next_valid_record_processed" => next_valid_record_processed(),
        "deterministic" => deterministic(check, subject),
        "scores_finite" => scores_finite(subject),
        "dlq_value_equals_input" => dlq_value_equals_input(subject),
        "dlq_reason_distinct" => dlq_reason_distinct(check, subject),
        "max_seconds" => at_most(subject.duration.as_secs_f64(), check, "seconds"),
        "rss_growth_mib" => subject.growth_mib.map_or(Ok(()), |growth| at_most(growth, check, "MiB")),
        "any_of" => any_of(check, subject),
        "field_eq" => field_eq(check, subject),
        "entity_present" => all_outputs(check, subject, entity_present),
        "entity_absent" => all_outputs(check, subject, entity_absent),
        "entity_absent_or_role" => all_outputs(check, subject, entity_absent_or_role),
        "entity_count" => {
            all_outputs(check, subject, |record, check| count("actors", record.actors.len(), check))
        }
        "entity_count_matching" => all_outputs(check, subject, entity_count_matching),
        "entity_set_eq" => all_outputs(check, subject, entity_set_eq),
        "entity_type_in" => all_outputs(check, subject, entity_type_in),
        "no_entity_type" => all_outputs(check, subject, no_entity_type),
        "entity_link_same" => all_outputs(check, subject, entity_link_same),
        "same_actor" => all_outputs(check, subject, same_actor),
        "mention_count_between" => all_outputs(check, subject, mention_count_between),
        "no_entity_contains" => all_outputs(check, subject, no_entity_contains),
        "no_entity_matches" => all_outputs(check, subject, no_entity_matches),
        "sentiment" => all_outputs(check, subject, sentiment),
        "sentiment_not" => all_outputs(check, subject, sentiment_not),
        "sentiment_all" => all_outputs(check, subject, sentiment_all),
        "sentiment_order" => all_outputs(check, subject, sentiment_order),
        "score_lt" => score_lt(check, subject),
        "same_sentiment" => same_sentiment(check, subject),
        "holder_if_emitted" => all_outputs(check, subject, holder_if_emitted),
        "offsets_slice_original" => offsets_slice_original(check, subject),
        "offset_eq_any" => offset_eq_any(check, subject),
        other => Err(format!("no such check: {other}")),
    }
}

fn text<'v>(check: &'v Value, key: &str) -> &'v str {
    check[key].as_str().unwrap_or_default()
}

fn texts<'v>(check: &'v Value, key: &str) -> Vec<&'v str> {
    check[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn expect(holds: bool, said: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(said()) }
}

fn count(what: &str, found: usize, check: &Value) -> Held {
    expect(check["eq"].as_u64() == u64::try_from(found).ok(), || format!("{found} {what}"))
}

fn at_most(found: f64, check: &Value, unit: &str) -> Held {
    expect(check["le"].as_f64().is_some_and(|limit| found <= limit), || format!("{found:.1} {unit}"))
}

/// The outputs that a check is about: that of its article, or all.
fn chosen<'s>(check: &Value, subject: &'s Subject) -> Vec<(&'s str, &'s EnrichedRecord)> {
    let wanted = check["article"].as_str().or_else(|| check["record"].as_str());
    subject.outputs().into_iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).collect()
}

fn all_outputs(check: &Value, subject: &Subject, holds: impl Fn(&EnrichedRecord, &Value) -> Held) -> Held {
    let outputs = chosen(check, subject);
    expect(!outputs.is_empty(), || "nothing came out".to_owned())?;
    for (name, record) in outputs {
        holds(record, check).map_err(|why| format!("{name}: {why}; {}", summary(record)))?;
    }
    Ok(())
}

/// Everybody in a record in one line.
fn summary(record: &EnrichedRecord) -> String {
    let actors = record.actors.iter().map(|actor| {
        format!(
            "{} [{} {:?} {:?} {} {:+.2} x{}]",
            actor.name,
            actor.id,
            actor.kind,
            actor.role,
            word(actor.sentiment.label),
            actor.sentiment.score,
            actor.mentions.len()
        )
    });
    format!("actors: {}", actors.collect::<Vec<_>>().join(", "))
}

fn actor<'r>(record: &'r EnrichedRecord, name: &str) -> Result<&'r ActorRecord, String> {
    find(record, name).ok_or_else(|| format!("no actor {name:?}"))
}

// Records of the topic.

fn out_contains_id(check: &Value, subject: &Subject) -> Held {
    let wanted = text(check, "id");
    let ids: Vec<&str> = subject.outputs().iter().map(|(_, record)| record.article.id.as_str()).collect();
    expect(ids.contains(&wanted), || format!("ids {ids:?}"))
}

fn out_id_exact(check: &Value, subject: &Subject) -> Held {
    for (_, record) in chosen(check, subject) {
        expect(record.article.id == text(check, "id"), || format!("id {}", record.article.id))?;
    }
    Ok(())
}

fn no_char_in_output(check: &Value, subject: &Subject) -> Held {
    let code = u32::from_str_radix(text(check, "char").trim_start_matches("U+"), 16);
    let banned = code.ok().and_then(char::from_u32).ok_or("no such character")?;
    for (name, record) in subject.outputs() {
        expect(!stable(record).to_string().contains(banned), || format!("it is in {name}"))?;
    }
    Ok(())
}

fn never(subject: &Subject) -> Held {
    let panics: Vec<String> = subject
        .dead_letters()
        .iter()
        .filter(|(_, _, reason)| reason.starts_with("panic"))
        .map(|(record, _, reason)| format!("{}: {reason}", record.name))
        .collect();
    expect(panics.is_empty(), || panics.join(", "))
}

fn next_valid_record_processed() -> Held {
    let next = process(br#"{"id": "next", "body": "Talks went on."}"#, &[]);
    expect(matches!(next, Fate::Enriched(records) if records.len() == 1), || "it was not enriched".to_owned())
}

fn deterministic(check: &Value, subject: &Subject) -> Held {
    let kind = |fate: &Fate| match fate {
        Fate::Enriched(records) => records.iter().map(|record| stable(record).to_string()).collect(),
        Fate::DeadLetter { code, reason, .. } => format!("{code}: {reason}"),
        Fate::Skipped(reason) => (*reason).to_owned(),
    };
    for record in &subject.records {
        let first = kind(&record.fate);
        for _ in 0..check["repeats"].as_u64().unwrap_or(1) {
            let again = kind(&process(&record.value, &record.headers));
            expect(again == first, || format!("{}: {first} and then {again}", record.name))?;
        }
    }
    Ok(())
}

fn scores_finite(subject: &Subject) -> Held {
    for (name, record) in subject.outputs() {
        for actor in &record.actors {
            let mentions = actor.mentions.iter().flat_map(|m| [m.sentiment.score, m.sentiment.confidence]);
            let own = [actor.sentiment.score, actor.sentiment.confidence, actor.salience];
            let all_finite = mentions.chain(own).all(f64::is_finite);
            expect(all_finite, || format!("{name}: {}", summary(record)))?;
        }
    }
    Ok(())
}

fn dlq_value_equals_input(subject: &Subject) -> Held {
    for (record, value, _) in subject.dead_letters() {
        expect(value == record.value, || format!("{} was changed", record.name))?;
    }
    Ok(())
}

fn dlq_reason_distinct(check: &Value, subject: &Subject) -> Held {
    let wanted = texts(check, "records");
    let letters = subject.dead_letters();
    let reasons: Vec<&String> = letters
        .iter()
        .filter(|(record, _, _)| wanted.contains(&record.name.as_str()))
        .map(|(_, _, reason)| reason)
        .collect();
    let distinct: BTreeSet<&String> = reasons.iter().copied().collect();
    expect(reasons.len() == wanted.len() && distinct.len() == wanted.len(), || format!("{reasons:?}"))
}

fn any_of(check: &Value, subject: &mut Subject) -> Held {
    let mut reasons = Vec::new();
    for alternative in check["of"].as_array().into_iter().flatten() {
        match holds(alternative, subject) {
            Ok(()) => return Ok(()),
            Err(why) => reasons.push(why),
        }
    }
    Err(reasons.join(" | "))
}

fn field_eq(check: &Value, subject: &Subject) -> Held {
    let said = |record: &EnrichedRecord| record.status == RecordStatus::Truncated;
    match text(check, "field") {
        "truncated" => expect(
            subject.outputs().iter().any(|(_, record)| Some(said(record)) == check["value"].as_bool()),
            || "the status says otherwise".to_owned(),
        ),
        other => Err(format!("no such field: {other}")),
    }
}

// Who is there.

fn kind_is(kind: ActorKindName, word: &str) -> bool {
    match word {
        "person" => kind == ActorKindName::Person,
        "organisation" | "organization" => matches!(kind, ActorKindName::Organization | ActorKindName::Group),
        // A country is an actor only through its government.
        "government" | "country" => kind == ActorKindName::Country,
        "group" => kind == ActorKindName::Group,
        _ => false,
    }
}

fn entity_present(record: &EnrichedRecord, check: &Value) -> Held {
    let name = check["name"].as_str().or_else(|| check["surface"].as_str()).unwrap_or_default();
    let found = actor(record, name)?;
    let wanted = text(check, "type");
    expect(wanted.is_empty() || kind_is(found.kind, wanted), || format!("it is of kind {:?}", found.kind))
}

fn is_called(actor: &ActorRecord, name: &str) -> bool {
    flat(&actor.name) == flat(name) || actor.mentions.iter().any(|mention| flat(&mention.text) == flat(name))
}

fn entity_absent(record: &EnrichedRecord, check: &Value) -> Held {
    let names = texts(check, "surfaces");
    let there: Vec<&str> =
        names.into_iter().filter(|name| record.actors.iter().any(|actor| is_called(actor, name))).collect();
    expect(there.is_empty(), || format!("there is {there:?}"))
}

fn entity_absent_or_role(record: &EnrichedRecord, check: &Value) -> Held {
    let wanted = text(check, "role");
    let role_is_right = |role: RoleName| match wanted {
        "byline" | "dateline" => role == RoleName::Byline,
        "related" => role == RoleName::RelatedLink,
        _ => false,
    };
    for name in texts(check, "surfaces") {
        // What the story itself speaks of elsewhere may well be an actor.
        let wrong = record.actors.iter().find(|actor| is_called(actor, name) && !role_is_right(actor.role));
        if let Some(actor) = wrong {
            return Err(format!("{name} has the role {:?}", actor.role));
        }
    }
    Ok(())
}

fn regex(check: &Value) -> Result<Regex, String> {
    Regex::new(text(check, "regex")).map_err(|error| error.to_string())
}

fn entity_count_matching(record: &EnrichedRecord, check: &Value) -> Held {
    let regex = regex(check)?;
    let found = record.actors.iter().filter(|actor| regex.is_match(&actor.name).unwrap_or(false)).count();
    count("such actors", found, check)
}

fn entity_set_eq(record: &EnrichedRecord, check: &Value) -> Held {
    let wanted: BTreeSet<String> = texts(check, "names").into_iter().map(flat).collect();
    let found: BTreeSet<String> = record.actors.iter().map(|actor| flat(&actor.name)).collect();
    expect(wanted == found && found.len() == record.actors.len(), || format!("{found:?}"))
}

fn entity_type_in(record: &EnrichedRecord, check: &Value) -> Held {
    let found = actor(record, text(check, "surface"))?;
    expect(texts(check, "types").into_iter().any(|kind| kind_is(found.kind, kind)), || {
        format!("it is of kind {:?}", found.kind)
    })
}

fn no_entity_type(record: &EnrichedRecord, check: &Value) -> Held {
    let (name, kind) = (text(check, "surface"), text(check, "type"));
    let wrong = record.actors.iter().any(|actor| is_called(actor, name) && kind_is(actor.kind, kind));
    expect(!wrong, || format!("{name} is of that kind"))
}

/// All of these that the text names are one actor, and at least one is there. `China` stands for an actor of that name
/// that the text calls otherwise.
fn entity_link_same(record: &EnrichedRecord, check: &Value) -> Held {
    let ids: Vec<Option<&str>> = texts(check, "surfaces")
        .into_iter()
        .map(|name| find(record, name).map(|actor| actor.id.as_str()))
        .collect();
    expect(ids.iter().all(|id| id.is_some() && *id == ids[0]), || format!("{ids:?}"))
}

fn same_actor(record: &EnrichedRecord, check: &Value) -> Held {
    entity_link_same(record, check)
}

fn mention_count_between(record: &EnrichedRecord, check: &Value) -> Held {
    let found = u64::try_from(actor(record, text(check, "surface"))?.mentions.len()).unwrap_or(u64::MAX);
    let limit = |key: &str, otherwise| check[key].as_u64().unwrap_or(otherwise);
    expect((limit("min", 0)..=limit("max", u64::MAX)).contains(&found), || format!("{found} mentions"))
}

fn no_entity_contains(record: &EnrichedRecord, check: &Value) -> Held {
    let part = text(check, "text");
    let wrong = record.actors.iter().find(|actor| actor.name.contains(part));
    wrong.map_or(Ok(()), |actor| Err(format!("{:?}", actor.name)))
}

fn no_entity_matches(record: &EnrichedRecord, check: &Value) -> Held {
    let regex = regex(check)?;
    let wrong = record.actors.iter().find(|actor| regex.is_match(&actor.name).unwrap_or(false));
    wrong.map_or(Ok(()), |actor| Err(format!("{:?}", actor.name)))
}

// What is said of them.

fn said(actor: &ActorRecord) -> String {
    format!("{} is {} {:+.2}", actor.name, word(actor.sentiment.label), actor.sentiment.score)
}

fn sentiment(record: &EnrichedRecord, check: &Value) -> Held {
    let actor = actor(record, text(check, "target"))?;
    expect(word(actor.sentiment.label) == text(check, "label"), || said(actor))
}

fn sentiment_not(record: &EnrichedRecord, check: &Value) -> Held {
    let actor = actor(record, text(check, "target"))?;
    expect(word(actor.sentiment.label) != text(check, "label"), || said(actor))
}

fn sentiment_all(record: &EnrichedRecord, check: &Value) -> Held {
    let wrong = record.actors.iter().find(|actor| word(actor.sentiment.label) != text(check, "label"));
    wrong.map_or(Ok(()), |actor| Err(said(actor)))
}

fn sentiment_order(record: &EnrichedRecord, check: &Value) -> Held {
    let (lower, higher) = (actor(record, text(check, "lower"))?, actor(record, text(check, "higher"))?);
    expect(lower.sentiment.score < higher.sentiment.score, || format!("{}, {}", said(lower), said(higher)))
}

fn in_article<'s>(subject: &'s Subject, article: &str, target: &str) -> Result<&'s ActorRecord, String> {
    let outputs = subject.outputs();
    let record = outputs.iter().find(|(name, _)| *name == article).ok_or("no such article")?.1;
    actor(record, target).map_err(|why| format!("{article}: {why}; {}", summary(record)))
}

fn score_lt(check: &Value, subject: &Subject) -> Held {
    let a = in_article(subject, text(check, "a"), text(check, "target"))?;
    let b = in_article(subject, text(check, "b"), text(check, "target"))?;
    expect(a.sentiment.score < b.sentiment.score, || format!("{}; {}", said(a), said(b)))
}

fn same_sentiment(check: &Value, subject: &Subject) -> Held {
    let mut first: Option<&ActorRecord> = None;
    for variant in texts(check, "variants") {
        let actor = in_article(subject, variant, text(check, "target"))?;
        let known = first.get_or_insert(actor);
        expect(known.sentiment.label == actor.sentiment.label, || {
            format!("{}; {}", said(known), said(actor))
        })?;
    }
    Ok(())
}

/// Name, id, kind, verdict and each mention's label of every actor. Texts of mentions are those delivered, and may well
/// be written otherwise.
fn same_actors(check: &Value, subject: &Subject) -> Held {
    let outputs = subject.outputs();
    let mut first: Option<(BTreeSet<String>, &EnrichedRecord)> = None;
    for variant in texts(check, "variants") {
        let found = outputs.iter().find(|(name, _)| *name == variant);
        let (_, record) = found.ok_or_else(|| format!("{variant} did not come out"))?;
        let actors: BTreeSet<String> = record.actors.iter().map(portrait).collect();
        let (known, one) = first.get_or_insert_with(|| (actors.clone(), record));
        expect(*known == actors, || format!("{} | {variant}: {}", summary(one), summary(record)))?;
    }
    Ok(())
}

fn portrait(actor: &ActorRecord) -> String {
    // Numbers of unknown actors count the unknown ones of their own record only.
    let id = actor.wikidata.as_deref().unwrap_or_default();
    let labels: Vec<&str> = actor.mentions.iter().map(|mention| word(mention.sentiment.label)).collect();
    format!("{} {id} {:?} {} {labels:?}", flat(&actor.name), actor.kind, word(actor.sentiment.label))
}

/// Every voice but the article's that speaks of the target is that holder.
fn holder_if_emitted(record: &EnrichedRecord, check: &Value) -> Held {
    let found = actor(record, text(check, "target"))?;
    let holder = find(record, text(check, "holder")).map(|holder| holder.id.as_str());
    let wrong = found.mentions.iter().find(|mention| Some(mention.holder.as_str()) != holder);
    wrong.map_or(Ok(()), |mention| {
        Err(format!("{:?} at {} is held by {}", mention.text, mention.start, mention.holder))
    })
}

// Where they stand.

fn offsets_slice_original(check: &Value, subject: &Subject) -> Held {
    for (name, read) in &subject.articles {
        if check["article"].as_str().is_none_or(|wanted| wanted == name) {
            let bad = bad_slices(read);
            expect(bad.is_empty(), || format!("{name}: {bad:?}"))?;
        }
    }
    Ok(())
}

fn offset_eq_any(check: &Value, subject: &Subject) -> Held {
    let units = [("byte", OffsetUnit::Utf8), ("char", OffsetUnit::Codepoints), ("utf16", OffsetUnit::Utf16)];
    for (name, read) in &subject.articles {
        for (key, unit) in units {
            let record = read_text_in(&read.article.body, None, unit).record;
            let found = actor(&record, text(check, "surface"))?;
            let start = found.mentions.first().and_then(|mention| u64::try_from(mention.start).ok());
            expect(start == check[key].as_u64(), || format!("{name}: {start:?} as {key}"))?;
        }
        expect(read_text(&read.article.body, None).record.offsets == OffsetUnit::Codepoints, || {
            "the record names another unit".to_owned()
        })?;
    }
    Ok(())
}
