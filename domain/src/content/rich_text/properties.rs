//! What rich text promises of any tree and any input: round trips, and that nothing unsafe comes
//! out.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*, sample::select};
use uuid::Uuid;

use super::*;

fn as_item(item: ItemId) -> Option<String> {
    Some(format!("item:{item}"))
}

fn nowhere(_: ItemId) -> Option<String> {
    None
}

/// Pieces of text that trip Markdown, HTML, or both.
fn nasty() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = "a·Z·1·1.·12)·-·+·*·**·_·__·snake_case·#·##·=·===·>·<·|·||·\\·\\|·`·``·```·~·~~~·[·]·](·(·)·\
        [x]·![·!·[!NOTE]·&·&amp;·&#42;·&lt;b·:·:--·---·\"·'·’·perché·è·È·ù·l'ora·«·»·–·…·€·😀·👩‍👩‍👧·\
        Ⓐ·e\u{301}·中· · · ·  ·\n·\r\n·\t·\u{a0}·\u{2009}·\u{3000}·\u{200b}·\u{feff}·\u{0}·\u{85}·\
        \u{2028}·<b>·</p>·<br>·<!--·-->·<script>·</script>·<!-- -->·https://a.it·www.a.it·a@b.it·\
        <https://a.it>·{#x}·^·[^1]·$·$$·item:·%20·/·.·,·;·]:·[a]: /x·` ]: x '"
    .split('·').collect();
    prop_oneof![
        8 => vec(select(pieces), 1..7).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

fn target() -> impl Strategy<Value = LinkTarget> {
    let url = |start: &'static str| {
        nasty().prop_map(move |end| {
            let end: String = end
                .chars()
                .filter(|c| !c.is_control() && *c != '\u{feff}')
                .collect();
            LinkTarget::Url(format!("{start}{end}"))
        })
    };
    prop_oneof![
        any::<u128>().prop_map(|id| LinkTarget::Item(ItemId(Uuid::from_u128(id)))),
        url("https://comune.it/"),
        url("/a"),
        url("#"),
        url("mailto:a@b.it?subject="),
        select(vec![
            "tel:+39041",
            "http://[::1]/",
            "https://x.it/?a=1&copy=2&x",
            "HTTPS://à.it"
        ])
        .prop_map(|url| LinkTarget::Url(url.to_owned())),
    ]
}

fn media() -> impl Strategy<Value = String> {
    (select(vec!["https://comune.it/f?", "/media/"]), nasty()).prop_map(|(start, end)| {
        let end: String = end
            .chars()
            .filter(|c| !c.is_control() && *c != '\u{feff}')
            .collect();
        format!("{start}x{end}")
    })
}

fn picture() -> impl Strategy<Value = String> {
    let asset = any::<u128>().prop_map(|id| format!("item:{}", uuid::Uuid::from_u128(id)));
    prop_oneof![3 => media(), 1 => asset]
}

fn text() -> impl Strategy<Value = Inline> {
    let marks = any::<[bool; 3]>();
    (nasty(), marks).prop_map(|(text, [bold, italic, code])| Inline::Text {
        text,
        bold,
        italic,
        code,
    })
}

fn line() -> impl Strategy<Value = Vec<Inline>> {
    let plain = prop_oneof![6 => text(), 1 => Just(Inline::LineBreak)].boxed();
    let link = (target(), vec(plain.clone(), 0..3))
        .prop_map(|(target, content)| Inline::Link { target, content });
    vec(prop_oneof![4 => plain, 1 => link], 0..6)
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let bold = nasty().prop_map(|text| Block::Paragraph {
        content: vec![Inline::Text {
            text,
            bold: true,
            italic: false,
            code: false,
        }],
    });
    let table = (1..4usize, 0..3usize).prop_flat_map(|(columns, rows)| {
        (vec(line(), columns), vec(vec(line(), columns), rows))
            .prop_map(|(header, rows)| Block::Table { header, rows })
    });
    let leaf = prop_oneof![
        4 => line().prop_map(|content| Block::Paragraph { content }),
        1 => bold,
        2 => (1..7u8, line()).prop_map(|(level, content)| Block::Heading { level, content }),
        1 => table,
        1 => (picture(), nasty(), prop_oneof![Just(String::new()), nasty()])
            .prop_map(|(url, alt, caption)| Block::Image { url, alt, caption }),
        1 => (media(), nasty())
            .prop_map(|(url, title)| Block::Embed { url, title: format!("{title}.") }),
    ];
    let kind = select(vec![
        CalloutKind::Info,
        CalloutKind::Success,
        CalloutKind::Warning,
        CalloutKind::Danger,
    ]);
    let block = leaf.prop_recursive(4, 24, 3, move |inner| {
        let blocks = vec(inner.clone(), 0..4);
        let title = prop_oneof![Just(String::new()), nasty()];
        prop_oneof![
            3 => (any::<bool>(), vec(vec(inner, 0..3), 0..4))
                .prop_map(|(ordered, items)| Block::List { ordered, items }),
            1 => blocks.clone().prop_map(|blocks| Block::Quote { blocks }),
            1 => (kind.clone(), title, blocks)
                .prop_map(|(kind, title, blocks)| Block::Callout { kind, title, blocks }),
        ]
    });
    vec(block, 0..5)
}

fn tree() -> impl Strategy<Value = RichText> {
    blocks().prop_map(|blocks| RichText::from_blocks(blocks).unwrap())
}

/// HTML and Markdown as an attacker, a word processor or a broken importer writes it.
fn hostile() -> impl Strategy<Value = String> {
    let pieces: Vec<&str> = "<script>alert(1)</script>·<script>·</script>·<ScRiPt src=//x>·<style>a{}</style>·<style>·\
        <iframe src='javascript:alert(1)'>·</iframe>·<img src=x onerror=alert(1)>·\
        <img src='/a.png' alt='\"><script>'>·<a href='javascript:alert(1)'>·\
        <a href=\"/x\" onclick=e()>·<a href=' java\nscript:alert(1)'>·\
        <a href='item:6f1c1a9e-0000-4000-8000-000000000001'>·</a>·<svg onload=alert(1)>·</svg>·\
        <svg><style><img src=x onerror=alert(1)></style>·\
        <math><mtext></table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">·\
        <noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">·<p>·</p>·<div>·</div>·\
        <div class='callout callout-danger'>·<ul>·<ol>·<li>·</li>·</ul>·</ol>·<table>·<tr>·\
        <td colspan=3>·<th>·</td>·</table>·<caption>·<blockquote>·</blockquote>·<b>·</b>·<em>·\
        <code>·<pre>·</pre>·<br>·<h1>·<h3>·</h3>·<figure>·<figure class=embed>·</figure>·\
        <figcaption>·</figcaption>·<textarea>·</textarea>·<title>·<plaintext>·<!--·-->·<![CDATA[·\
        ]]>·<!doctype html>·<·>·&lt;script&gt;·&#x3c;script&#x3e;·\"·'·=·/>·a·è ·\n·\n\n·\n> ·- ·\
        1. ·| a | b |\n| - | - |\n·|·[a](javascript:alert(1))·[a](/b)·![a](data:text/html,x)·\
        ![a](/b \"c\")·[t](embed:https://x.it)·[t](embed:javascript:x)·<javascript:alert(1)>·\
        <https://a.it>·[·](·)·![·    ·```\n·`·**·*·> [!TIP]\n·# ·<form action=x><input name=y>·\
        <base href=//x>·<meta http-equiv=refresh>·<link rel=stylesheet href=x>·<object data=x>·\
        <embed src=x>·<template>·</template>"
    .split('·').collect();
    prop_oneof![
        6 => vec(select(pieces), 0..14).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

/// True when a parser and sanitiser of its own, which knows only the elements, attributes and
/// schemes of the tree, finds nothing to change.
fn is_safe(html: &str) -> bool {
    let tags = "h2 h3 h4 h5 h6 p ul ol li table thead tbody tr th td blockquote figure figcaption img a \
                div strong em code br";
    let attributes = HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt"])),
        ("th", HashSet::from(["scope"])),
        ("div", HashSet::from(["class", "role"])),
        ("p", HashSet::from(["class"])),
        ("figure", HashSet::from(["class"])),
    ]);
    let cleaned = ammonia::Builder::new()
        .tags(tags.split(' ').collect())
        .tag_attributes(attributes)
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "item"]))
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .clean(html)
        .to_string();
    let same = cleaned.replace("&quot;", "\"") == html.replace("&quot;", "\"");
    if !same {
        eprintln!("{html}\nis cleaned to\n{cleaned}");
    }
    same
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("RICH_TEXT_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_canonical_form_is_canonical(text in tree()) {
        prop_assert_eq!(text.validate(), Ok(()));
        prop_assert_eq!(RichText::from_blocks(text.blocks().to_vec()), Ok(text));
    }

    #[test]
    fn markdown_is_read_as_it_was_written(text in tree()) {
        let markdown = text.markdown();
        let read = RichText::from_markdown(&markdown);
        prop_assert_eq!(read, Ok(text), "{}", markdown);
    }

    #[test]
    fn html_is_read_as_it_was_written(text in tree()) {
        let html = text.html(&as_item);
        prop_assert!(is_safe(&html));
        let read = RichText::from_html(&html);
        prop_assert_eq!(read, Ok(text), "{}", html);
    }

    #[test]
    fn json_is_read_as_it_was_written(text in tree()) {
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<RichText>(&json).unwrap(), text);
    }

    #[test]
    fn what_is_delivered_keeps_no_unresolved_link(text in tree()) {
        prop_assert_eq!(text.resolved(&nowhere).item_links(), vec![]);
        prop_assert_eq!(text.resolved(&nowhere).pictures(), vec![]);
        prop_assert!(is_safe(&text.html(&nowhere)));
        let markdown = text.markdown_resolved(&nowhere);
        let expected = RichText::from_blocks(text.resolved(&nowhere).blocks().to_vec());
        prop_assert_eq!(RichText::from_markdown(&markdown), expected);
        prop_assert_eq!(text.is_empty(), text.blocks().is_empty());
        text.plain_text();
    }

    #[test]
    fn nothing_unsafe_survives(source in hostile()) {
        for text in [RichText::from_html(&source), RichText::from_markdown(&source)] {
            let Ok(text) = text else { continue };
            prop_assert!(is_safe(&text.html(&as_item)));
            prop_assert_eq!(text.validate(), Ok(()));
            prop_assert_eq!(RichText::from_markdown(&text.markdown()), Ok(text.clone()));
            prop_assert_eq!(RichText::from_html(&text.html(&as_item)), Ok(text));
        }
    }

    #[test]
    fn trees_built_by_hand_are_written_safely(url in hostile(), text in hostile()) {
        let plain = Inline::Text { text: text.clone(), bold: false, italic: false, code: false };
        let link = Inline::Link { target: LinkTarget::Url(url.clone()), content: vec![plain] };
        let text = RichText::written(vec![
            Block::Paragraph { content: vec![link] },
            Block::Image { url: url.clone(), alt: text.clone(), caption: text.clone() },
            Block::Embed { url, title: text },
        ]);
        let html = text.html(&nowhere).replace('\0', "");
        prop_assert!(!html.contains("<script"));
        prop_assert!(!html.contains("=\"javascript:"));
    }
}

#[test]
fn endless_input_is_read_or_refused_quickly() {
    let attributes: String = (0..20_000).map(|n| format!("a{n} ")).collect();
    let attributes = format!("<a {attributes}>");
    let parts = "<div>·<p>·<b>·<a href=/x>·<ul>·<ul><li>·<li>·<blockquote>·<table>·<table><tr><td>·<td>·\
        <tr><td>·<td colspan=64>·<tr><td colspan=64>·<figure>·<figcaption>·<svg>·<script>·<!--·<·</·\
        &·<div class=callout>·<a ·<a b c d·<br>·<h2>·<pre>·> ·>·- ·* a\n ·1. ·[·![·[a](·]·[]·*·**a·\
        *a_·_·`·`a``·a `` ·&#·<!-- ·\\·#·# a\n·|·|-·a|·| a |\n| - |\n·||\n|-|\n·\n· ·~~~\n·```\n·    a\n·[a]: /b\n[a]·[a][·<https://·<?·<!A·<![CDATA[·> [!NOTE]\n·> > ·\t·![[·](·[a](<·*[·\
        ***·a**b·a***b__·<a>·</a>";

    for part in parts.split('·').chain([attributes.as_str()]) {
        let start = Instant::now();
        let source = part.repeat((MAX_SIZE / 8 / part.len()).max(1));
        let texts = [
            RichText::from_html(&source),
            RichText::from_markdown(&source),
        ];
        for text in texts.into_iter().flatten() {
            assert_eq!(
                RichText::from_markdown(&text.markdown()),
                Ok(text),
                "{part:?}"
            );
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{part:?} takes {took:?}");
    }
}
