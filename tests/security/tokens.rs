//! Tokens that Kafka's unsecured validator takes: JWTs with an empty signature.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::secure_broker::CANARY;

/// A token for a user that ends so many seconds from now, which may be before now.
pub fn token(user: &str, seconds: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let now = i64::try_from(now).expect("a clock before the year 292277026596");
    let (issued, end) = (now - 7_200, now + seconds);
    // The claim makes every token recognisable where none should be.
    let claims = format!(r#"{{"sub":"{user}","iat":{issued},"exp":{end},"jti":"{CANARY}"}}"#);
    format!("{}.{}.", encode(br#"{"alg":"none"}"#), encode(claims.as_bytes()))
}

/// Base64 for URLs without padding (RFC 4648, section 5).
fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(DIGITS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text
}
