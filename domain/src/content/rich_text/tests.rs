//! What rich text looks like in each of its forms, and what is refused.

#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;

const ITEM: &str = "0197c1a9-0000-7000-8000-000000000001";

fn markdown(text: &str) -> RichText {
    RichText::from_markdown(text).unwrap()
}

fn html(text: &str) -> String {
    RichText::from_html(text).unwrap().html(&|_| None)
}

fn blocks(text: &str) -> Value {
    serde_json::to_value(markdown(text)).unwrap()
}

fn error(json: Value) -> String {
    serde_json::from_value::<RichText>(json)
        .unwrap_err()
        .to_string()
}

/// Everything there is, in Markdown as it is written.
const ALL: &str = "\
## Orari e sedi

L’ufficio è **aperto** il *lunedì* e il `martedì`\\
fino all'una: [prenota](https://comune.it/a?b=1&c=2), [vedi](item:0197c1a9-0000-7000-8000-000000000001).

- uno
- due

  1. primo
  2. secondo

* altra lista

| Giorno | Ora |
| --- | --- |
| lunedì | 9–13<br>15–17 |

> citazione

![Il municipio](/media/a.jpg \"La facciata\")

[Consiglio comunale](embed:https://video.example/1)

> [!WARNING]
> **Allerta meteo**
>
> Scuole chiuse.";

#[test]
fn every_kind_of_block_is_read_and_written() {
    let text = markdown(ALL);
    assert_eq!(text.markdown(), ALL);
    let says = |text: &str| json!({"type": "text", "text": text});
    let expected = json!([
        {"type": "heading", "level": 2, "content": [says("Orari e sedi")]},
        {"type": "paragraph", "content": [
            says("L’ufficio è "),
            {"type": "text", "text": "aperto", "bold": true},
            says(" il "),
            {"type": "text", "text": "lunedì", "italic": true},
            says(" e il "),
            {"type": "text", "text": "martedì", "code": true},
            {"type": "line_break"},
            says("fino all'una: "),
            {"type": "link", "target": {"url": "https://comune.it/a?b=1&c=2"}, "content": [says("prenota")]},
            says(", "),
            {"type": "link", "target": {"item": ITEM}, "content": [says("vedi")]},
            says("."),
        ]},
        {"type": "list", "ordered": false, "items": [
            [{"type": "paragraph", "content": [says("uno")]}],
            [
                {"type": "paragraph", "content": [says("due")]},
                {"type": "list", "ordered": true, "items": [
                    [{"type": "paragraph", "content": [says("primo")]}],
                    [{"type": "paragraph", "content": [says("secondo")]}],
                ]},
            ],
        ]},
        {"type": "list", "ordered": false, "items": [
            [{"type": "paragraph", "content": [says("altra lista")]}],
        ]},
        {"type": "table", "header": [[says("Giorno")], [says("Ora")]], "rows": [
            [[says("lunedì")], [says("9–13"), {"type": "line_break"}, says("15–17")]],
        ]},
        {"type": "quote", "blocks": [{"type": "paragraph", "content": [says("citazione")]}]},
        {"type": "image", "url": "/media/a.jpg", "alt": "Il municipio", "caption": "La facciata"},
        {"type": "embed", "url": "https://video.example/1", "title": "Consiglio comunale"},
        {"type": "callout", "kind": "warning", "title": "Allerta meteo", "blocks": [
            {"type": "paragraph", "content": [says("Scuole chiuse.")]},
        ]},
    ]);
    assert_eq!(serde_json::to_value(&text).unwrap(), expected);
    let expected = "\
<h2>Orari e sedi</h2>
<p>L’ufficio è <strong>aperto</strong> il <em>lunedì</em> e il <code>martedì</code><br>fino all'una: \
<a href=\"https://comune.it/a?b=1&amp;c=2\">prenota</a>, <a href=\"/vedi\">vedi</a>.</p>
<ul>
<li>uno</li>
<li><p>due</p>
<ol>
<li>primo</li>
<li>secondo</li>
</ol>
</li>
</ul>
<ul>
<li>altra lista</li>
</ul>
<table>
<thead>
<tr><th scope=\"col\">Giorno</th><th scope=\"col\">Ora</th></tr>
</thead>
<tbody>
<tr><td>lunedì</td><td>9–13<br>15–17</td></tr>
</tbody>
</table>
<blockquote>
<p>citazione</p>
</blockquote>
<figure><img src=\"/media/a.jpg\" alt=\"Il municipio\"><figcaption>La facciata</figcaption></figure>
<figure class=\"embed\"><a href=\"https://video.example/1\">Consiglio comunale</a></figure>
<div class=\"callout callout-warning\" role=\"note\">
<p class=\"callout-title\"><strong>Allerta meteo</strong></p>
<p>Scuole chiuse.</p>
</div>
";
    assert_eq!(text.html(&|_| Some("/vedi".to_owned())), expected);
    let expected = "\
Orari e sedi

L’ufficio è aperto il lunedì e il martedì
fino all'una: prenota, vedi.

- uno
- due

  1. primo
  2. secondo

- altra lista

Giorno | Ora
lunedì | 9–13 15–17

citazione

La facciata

Consiglio comunale: https://video.example/1

Allerta meteo

Scuole chiuse.";
    assert_eq!(text.plain_text(), expected);
    assert_eq!(text.item_links(), [ItemId(ITEM.parse().unwrap())]);
}

#[test]
fn a_link_to_what_is_not_public_leaves_its_text() {
    let text = markdown(&format!("Vedi [**la** pagina](item:{ITEM}), ora."));
    assert_eq!(
        text.html(&|_| None),
        "<p>Vedi <strong>la</strong> pagina, ora.</p>\n"
    );
    assert_eq!(
        text.markdown_resolved(&|_| None),
        "Vedi **la** pagina, ora."
    );
    let resolved = text.markdown_resolved(&|_| Some("/la pagina".to_owned()));
    assert_eq!(resolved, "Vedi [**la** pagina](/la%20pagina), ora.");
}

#[test]
fn a_picture_may_be_an_asset() {
    let text = markdown(&format!("![Il lago](item:{})", ITEM.to_uppercase()));
    let asset = ItemId(ITEM.parse().unwrap());
    assert_eq!((text.pictures(), text.item_links()), (vec![asset], vec![]));
    let html = text.html(&|id| Some(format!("https://comune.it/media/{id}/il lago.jpg")));
    let address = format!("https://comune.it/media/{ITEM}/il%20lago.jpg");
    assert_eq!(
        html,
        format!("<figure><img src=\"{address}\" alt=\"Il lago\"></figure>\n")
    );
    // Of what is not public nothing is shown.
    assert!(text.resolved(&|_| None).is_empty());
    assert_eq!(text.markdown(), format!("![Il lago](item:{ITEM})"));
    let wrong = RichText::from_markdown("![Il lago](item:lago)");
    assert!(matches!(wrong, Err(RichTextError::ItemLink(_))));
    let embed = RichText::from_markdown(&format!("[Il lago](embed:item:{ITEM})"));
    assert!(matches!(embed, Err(RichTextError::Media(_))));
}

#[test]
fn lists_of_which_nothing_is_left_are_not_delivered() {
    let text = markdown(&format!(
        "- - ![Il lago](item:{ITEM})\n\n  a\n- ![Il lago](item:{ITEM})"
    ));
    assert_eq!(text.pictures().len(), 1);
    assert_eq!(text.resolved(&|_| None), markdown("- a"));
    assert_eq!(text.markdown_resolved(&|_| None), "- a");
}

#[test]
fn every_form_of_input_is_read() {
    let block = json!({"type": "paragraph", "content": [{"type": "text", "text": "ciao"}]});
    let forms = [
        json!("ciao"),
        json!({"markdown": "ciao"}),
        json!({"html": "<p>ciao</p>"}),
        json!({"blocks": [block]}),
        json!([block]),
    ];
    for form in forms {
        assert_eq!(
            serde_json::from_value::<RichText>(form).unwrap(),
            markdown("ciao")
        );
    }
}

#[test]
fn what_is_wrong_is_said() {
    let said = [
        (
            json!({"text": "a"}),
            "«text» is not rich text: a string of Markdown",
        ),
        (json!({}), "nothing is written"),
        (
            json!({"html": "a", "markdown": "a"}),
            "both «html» and «markdown» are written",
        ),
        (json!(1), "expected rich text: a string of Markdown"),
        (json!([{"type": "iframe"}]), "unknown variant `iframe`"),
        (
            json!([{"type": "quote", "blocks": [], "onclick": ""}]),
            "unknown field `onclick`",
        ),
        (
            json!([{"type": "heading", "level": 7, "content": []}]),
            "a heading has level 7",
        ),
        (
            json!({"html": "<a href=' JavaScript:alert(1)'>a</a>"}),
            "the link «JavaScript:alert(1)» is refused",
        ),
        (
            json!("[a](data:text/html,x)"),
            "the link «data:text/html,x» is refused",
        ),
        (json!("[a](//altro.it)"), "the link «//altro.it» is refused"),
        (
            json!("[a](/\\\\altro.it \"x\") [b](pagina.html)"),
            "the link «pagina.html» is refused",
        ),
        (
            json!("[a](item:12)"),
            "the link «item:12» is refused: after item:",
        ),
        (
            json!("![a](http://x.it/a.png)"),
            "the address «http://x.it/a.png» of an image",
        ),
        (
            json!("[](embed:https://x.it)"),
            "the embed «https://x.it» needs a title",
        ),
        (
            json!([{"type": "table", "header": [[], []], "rows": [[[], []], [[]]]}]),
            "row 2 of a table has 1 cells, its header has 2",
        ),
        (
            json!("a".repeat(MAX_SIZE + 1)),
            "the text is too long: at most 1024 KiB",
        ),
        (
            json!("> ".repeat(8) + "a"),
            "nested too deeply: at most 8 levels",
        ),
        (json!({"html": "<ul><li>".repeat(8)}), "nested too deeply"),
        (
            json!({"html": format!("<table>{}", "<td>".repeat(65))}),
            "a table has too many columns",
        ),
        (
            json!({"html": format!("<a {}>", "a ".repeat(50_000))}),
            "a tag or a comment that is too long",
        ),
    ];
    for (json, expected) in said {
        let error = error(json);
        assert!(error.contains(expected), "{error}\nis not\n{expected}");
    }
    let link = |content| json!({"type": "link", "target": {"url": "/a"}, "content": content});
    let nested = json!([{"type": "paragraph", "content": [link(json!([link(json!([]))]))]}]);
    assert_eq!(
        error(nested),
        "there is a link inside the text of another link"
    );
    assert!(RichText::from_markdown(&("> ".repeat(7) + "a")).is_ok());
}

#[test]
fn only_what_the_tree_holds_is_kept_of_html() {
    let same = [
        (
            "<p onclick='x()' style='a'>a<script>alert('<p>b</p>')</script>c",
            "<p>ac</p>\n",
        ),
        (
            "<style>p{}</style><iframe src=/x>a</iframe><svg><a>b</a></svg>c",
            "<p>c</p>\n",
        ),
        (
            "&lt;script&gt; &amp; \"",
            "<p>&lt;script&gt; &amp; &quot;</p>\n",
        ),
        ("<h1>a</h1>b", "<h2>a</h2>\n<p>b</p>\n"),
        (
            "<b>a <p>b</b> c",
            "<p><strong>a</strong></p>\n<p><strong>b</strong> c</p>\n",
        ),
        ("a<strong> b </strong>c", "<p>a <strong>b</strong> c</p>\n"),
        (
            "<a href=/x><p>a</p><p>b</p></a>",
            "<p><a href=\"/x\">a</a></p>\n<p><a href=\"/x\">b</a></p>\n",
        ),
        ("<a name=x>a</a>", "<p>a</p>\n"),
        (
            "<ul>a<li>b<ul><li>c</ul></ul>d",
            "<ul>\n<li>a</li>\n<li><p>b</p>\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n<p>d</p>\n",
        ),
        (
            "<div class=callout><div>a</div>b</div>c",
            "<div class=\"callout callout-info\" role=\"note\">\n<p>a</p>\n<p>b</p>\n</div>\n<p>c</p>\n",
        ),
        (
            "<pre>a\n b</pre>",
            "<p><code>a</code><br><code>b</code></p>\n",
        ),
        (
            "a <img src=/b alt=c> d",
            "<p>a</p>\n<figure><img src=\"/b\" alt=\"c\"></figure>\n<p>d</p>\n",
        ),
        ("<p>&nbsp;</p><p> <b> </b><br></p>", ""),
        ("100&nbsp;€", "<p>100&nbsp;€</p>\n"),
    ];
    for (given, expected) in same {
        assert_eq!(html(given), expected, "{given}");
    }
    let table = "<table><caption>a</caption><tr><td colspan=2>b<tr><td><p>c</p><p>d</p><td><table><td>e</table></table>";
    let expected = "a\n\nb | \nc d | e";
    assert_eq!(RichText::from_html(table).unwrap().plain_text(), expected);
}

#[test]
fn raw_html_in_markdown_is_text() {
    let text = markdown("a <b onclick=x>b</b><!-- c -->\n\n<script>\nalert(1)\n</script>");
    let expected =
        "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n<p>&lt;script&gt; alert(1) &lt;/script&gt;</p>\n";
    assert_eq!(text.html(&|_| None), expected);
}

#[test]
fn markdown_is_escaped_no_more_than_needed() {
    let plain = "Via Roma, 1 - 35100 (PD) c'è l'«Ufficio» & C. C# snake_case 5 > 3 = vero: a+b! 1.";
    assert_eq!(
        RichText::from_html(&plain.replace('>', "&gt;"))
            .unwrap()
            .markdown(),
        plain
    );
    assert_eq!(
        blocks("\\# 1\\. \\*a\\*"),
        json!([
            {"type": "paragraph", "content": [{"type": "text", "text": "# 1. *a*"}]}
        ])
    );
    let bold = RichText::from_html("a<b>«b»</b>c<b>d</b><i>e</i>").unwrap();
    assert_eq!(bold.markdown(), "&#97;**«b»**&#99;**d**<!-- -->*e*");
}

#[test]
fn what_shows_nothing_is_empty() {
    for text in [
        "",
        " \n",
        "<!-- a -->",
        "---",
        "- \n-",
        "[](/a)",
        "| |\n|-|\n",
        "> [!NOTE]\n",
    ] {
        assert!(
            markdown(text).is_empty() && markdown(text) == RichText::default(),
            "{text}"
        );
    }
    assert!(!markdown("![](/a.png)").is_empty());
}
