use super::*;

fn body(text: &str) -> Result<String, DecodeError> {
    with_root(text, |root| Ok(paragraphs([root])))
}

fn code(text: &str) -> &'static str {
    body(text).map_or_else(|error| error.code(), |_| "read")
}

#[test]
fn elements_become_paragraphs() {
    let text = "<?xml version='1.0'?><b><p>One\n two <i>three</i>.</p><P>Four<br/>five</P><media><p>no</p></media>\
                <table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table></b>";
    assert_eq!(body(text).unwrap(), "One two three.\n\nFour\nfive\n\na b\n\nc");
}

#[test]
fn references_of_html_bare_ampersands_and_control_characters_are_repaired() {
    assert_eq!(body("<p>Caf&eacute;&nbsp;AT&T &amp; R&D &#8217;\u{b}</p>").unwrap(), "Café AT&T & R&D ’");
    let kept = "<p>x &unknown; <![CDATA[a && b &nbsp;]]></p>";
    assert_eq!(body(kept).unwrap(), "x &unknown; a && b &nbsp;");
}

#[test]
fn a_syntax_error_is_located_and_shown() {
    let error = body("<a>\n <b>x</c></a>").unwrap_err();
    assert_eq!(error.code(), "invalid_xml");
    assert!(error.to_string().contains("line 2"), "{error}");
    for text in ["<a>", "<a", "<", "<a></b>", "<!DOCTYPE", "<a b='<'/>", "<?xml", "<a/><b/>", "<a>\u{0}&"] {
        assert_eq!(code(text), "invalid_xml", "{text}");
    }
}

#[test]
fn documents_made_to_exhaust_their_reader_are_refused() {
    let laughs = "<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;'>]><a>&y;</a>";
    assert_eq!(code(laughs), "xml_too_complex");
    assert_eq!(code("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"), "xml_too_complex");
    let hidden = "<!DOCTYPE a SYSTEM '<!--' [<!ENTITY x 'ha'>]><a>&x;</a>";
    assert_eq!(code(hidden), "xml_too_complex");
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(code(&deep), "xml_too_complex");
    let attributes = (0..10_000).map(|n| format!(" a{n}='1'")).collect::<Vec<_>>().concat();
    assert_eq!(code(&format!("<a{attributes}/>")), "xml_too_complex");
    let namespaces = (0..200).map(|n| format!("<a xmlns:n{n}='u{n}'>")).collect::<Vec<_>>().concat();
    assert_eq!(code(&format!("{namespaces}{}", "</a>".repeat(200))), "xml_too_complex");
    assert_eq!(code("<!DOCTYPE nitf SYSTEM 'nitf.dtd'><a>x</a>"), "read");
    // Brothers may each declare the same.
    let brothers = "<b xmlns:h='u'>x</b>".repeat(1_000);
    assert_eq!(code(&format!("<a>{brothers}</a>")), "read");
}

#[test]
fn the_root_is_found_behind_what_may_stand_before_it() {
    assert_eq!(
        root_name(
            "\n<?xml version='1.0'?>\n<!-- <x> -->\n<!DOCTYPE n [<!ELEMENT n ANY>]>\n<ns0:newsItem a='b'>"
        ),
        Some("newsItem")
    );
    assert_eq!(root_name("<rss/>"), Some("rss"));
    for text in ["", "<", "< a>", "<3 is love>", "text", "<!-- open", "<a"] {
        assert_eq!(root_name(text), None, "{text}");
    }
}
