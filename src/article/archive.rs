//! Compressed values, unpacked up to a limit.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::DecodeError;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether the bytes start like gzip, as `.warc.gz` does.
pub(super) fn is_gzip(value: &[u8]) -> bool {
    value.starts_with(&GZIP_MAGIC)
}

/// All members of a gzip file. `limit` bounds what comes out: a few kilobytes can unpack to gigabytes.
pub(super) fn gunzip(value: &[u8], limit: usize) -> Result<Vec<u8>, DecodeError> {
    unpack(MultiGzDecoder::new(value), limit)
        .map_err(|problem| DecodeError::InvalidArchive { what: "the gzip data", position: 0, problem })?
        .ok_or(DecodeError::RecordTooLarge { bytes: limit.saturating_add(1), limit })
}

/// The body of an HTTP message by its `Content-Encoding`. `Ok(None)` where the coding is not known (Brotli) or the data
/// is damaged.
///
/// # Errors
/// [`DecodeError::RecordTooLarge`] where more than `limit` bytes would come out.
pub(super) fn content_decoded(
    body: &[u8],
    coding: &str,
    limit: usize,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let unpacked = match coding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => return Ok(Some(body.to_vec())),
        // Archives that keep the headers and store the decoded body are common.
        "gzip" | "x-gzip" if !is_gzip(body) => return Ok(Some(body.to_vec())),
        "gzip" | "x-gzip" => unpack(MultiGzDecoder::new(body), limit),
        "deflate" => {
            unpack(ZlibDecoder::new(body), limit).or_else(|_| unpack(DeflateDecoder::new(body), limit))
        }
        _ => return Ok(None),
    };
    match unpacked {
        Ok(Some(unpacked)) => Ok(Some(unpacked)),
        Ok(None) => Err(DecodeError::RecordTooLarge { bytes: limit.saturating_add(1), limit }),
        Err(_) => Ok(None),
    }
}

/// `Ok(None)`: more than `limit` bytes.
fn unpack(packed: impl Read, limit: usize) -> Result<Option<Vec<u8>>, String> {
    let mut unpacked = Vec::new();
    let ceiling = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(ceiling).read_to_end(&mut unpacked).map_err(|error| error.to_string())?;
    Ok((unpacked.len() <= limit).then_some(unpacked))
}

#[cfg(test)]
pub(super) fn gzip(value: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(value).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
        let bomb = gzip(&vec![b'x'; 50_000_000]);
        assert!(bomb.len() < 100_000);
        assert_eq!(gunzip(&bomb, 1_000_000).unwrap_err().code(), "record_too_large");
        assert_eq!(content_decoded(&bomb, "gzip", 1_000_000).unwrap_err().code(), "record_too_large");
    }

    #[test]
    fn codings_that_are_not_known_and_damaged_data_give_nothing() {
        assert_eq!(content_decoded(b"x", "br", 10), Ok(None));
        assert_eq!(content_decoded(&gzip(b"one")[..12], "gzip", 10), Ok(None));
        assert_eq!(content_decoded(&gzip(b"one"), " GZIP", 10), Ok(Some(b"one".to_vec())));
        assert_eq!(content_decoded(b"<p>", "gzip", 10), Ok(Some(b"<p>".to_vec())), "was unpacked before");
    }

    #[test]
    fn members_follow_each_other_and_damage_is_named() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(gunzip(&two, 100).unwrap(), b"one two");
        assert_eq!(gunzip(&two[..10], 100).unwrap_err().code(), "invalid_archive");
    }
}
