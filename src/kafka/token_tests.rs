use super::*;

const NOW: Duration = Duration::from_secs(1_700_000_000);
/// `{"sub":"tonewire","exp":1700000100.5}`
const UNTIL_100_S_LATER: &str =
    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJuZXdzLXJlYWRlciIsImV4cCI6MTcwMDAwMDEwMC41fQ.canary";

fn command(script: &str) -> TokenSource {
    TokenSource::Command { program: "sh".into(), arguments: vec!["-c".into(), script.into()] }
}

fn error_of(source: &TokenSource, limit: Duration) -> String {
    let Err(error) = Tokens::with_limit(Some(source), limit).token() else { panic!("a token") };
    let text = format!("{error} {error:?}");
    assert!(!text.contains("canary"), "{text}");
    text
}

#[test]
fn a_jwt_lives_until_its_exp_and_any_other_token_for_five_minutes() {
    let jwt = checked(&format!(" {UNTIL_100_S_LATER}\n"), "x", NOW).unwrap();
    assert_eq!(jwt.token, UNTIL_100_S_LATER);
    assert_eq!(jwt.principal_name, "news-reader");
    assert_eq!(jwt.lifetime_ms, 1_700_000_100_500);
    for opaque in ["opaque-canary", "a.b.c", "a.!!.c", "..", "eyJhbGciOiJub25lIn0.e30."] {
        let token = checked(opaque, "x", NOW).unwrap();
        assert_eq!(token.lifetime_ms, 1_700_000_300_000, "{opaque}");
    }
}

#[test]
fn an_expired_empty_or_malformed_token_is_refused_without_showing_it() {
    let later = NOW + Duration::from_secs(160);
    for (text, now, expected) in [
        (UNTIL_100_S_LATER, later, "ended 59 s ago"),
        (" \n", NOW, "nothing at all"),
        ("Bearer canary", NOW, "spaces"),
        ("canary\u{7}", NOW, "unprintable"),
    ] {
        let Err(error) = checked(text, "the file", now) else { panic!("{text} is a token") };
        let message = error.to_string();
        assert!(message.contains(expected) && message.contains("the file"), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn a_file_is_read_again_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let tokens = Tokens::from(Some(&TokenSource::File(path.clone())));
    assert!(matches!(tokens.token(), Err(TokenError::ReadFile { .. })));
    for content in ["first", "second\n"] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(tokens.token().unwrap().token, content.trim());
    }
}

#[test]
fn a_command_runs_once_for_both_clients() {
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let script = format!("echo run >> {}; echo token", runs.display());
    let tokens = Tokens::from(Some(&command(&script)));
    for _ in 0..2 {
        assert_eq!(tokens.clone().token().unwrap().token, "token");
    }
    assert_eq!(std::fs::read_to_string(runs).unwrap(), "run\n");
}

#[test]
fn a_command_that_fails_is_named_with_its_exit_status() {
    let limit = Duration::from_secs(30);
    let text = error_of(&command("echo canary; echo canary >&2; exit 7"), limit);
    assert!(text.contains("sh") && text.contains('7') && text.contains("oauth_token_command"), "{text}");
    let missing =
        TokenSource::Command { program: "/no/such/program".into(), arguments: vec!["canary".into()] };
    assert!(error_of(&missing, limit).contains("/no/such/program"));
    assert!(error_of(&command(":"), limit).contains("nothing at all"));
}

#[test]
fn a_command_that_does_not_end_or_prints_without_end_is_stopped() {
    let started = Instant::now();
    let text = error_of(&command("echo canary; exec sleep 600"), Duration::from_millis(200));
    assert!(text.contains("stopped"), "{text}");
    // The grandchild keeps the pipe open.
    let text = error_of(&command("sleep 5 & wait"), Duration::from_millis(200));
    assert!(text.contains("stopped"), "{text}");
    let text = error_of(&command("exec yes canary"), Duration::from_secs(30));
    assert!(text.contains("more than 65536 bytes"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(120), "the limits did not hold");
}

#[test]
fn base64url_is_decoded_with_and_without_padding() {
    for (text, bytes) in [
        ("", &b""[..]),
        ("Zg", b"f"),
        ("Zm8", b"fo"),
        ("Zm9v", b"foo"),
        ("Zg==", b"f"),
        ("-_-_", b"\xfb\xff\xbf"),
    ] {
        assert_eq!(decode_base64url(text).as_deref(), Some(bytes), "{text}");
    }
    assert_eq!(decode_base64url("a+b"), None);
}
