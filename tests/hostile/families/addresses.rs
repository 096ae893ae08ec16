//! Addresses: queries by GET, paths that are not there.

use super::Family;
use crate::request::{encoded, get, get_query, many, nested};

pub fn family() -> Family {
    files(paths(queries(Family::new("addresses"))))
}

fn files(family: Family) -> Family {
    const NOTHING: &str = "NOT_FOUND";
    let hash = || "0".repeat(64);
    family
        .refused(NOTHING, "a file that is not there", move || {
            get(format!("/media/{}/original/a.pdf", hash()))
        })
        .refused(NOTHING, "a variant that there is not", move || {
            get(format!("/media/{}/99999x99999-cover-q100/a.jpg", hash()))
        })
        .refused(NOTHING, "a variant of 3 kB", move || {
            get(format!("/media/{}/{}/a.jpg", hash(), "9".repeat(3_000)))
        })
        .refused(NOTHING, "a way out of the folder of files", || {
            get("/media/..%2f..%2f..%2fetc%2fpasswd/original/a.pdf")
        })
        .refused("SIGNATURE_INVALID", "a signature of nobody", move || {
            get(format!(
                "/media/{}/original/a.pdf?expires=99999999999&signature=AAAA",
                hash()
            ))
        })
        .refused("BAD_REQUEST", "a signature that ends never", move || {
            get(format!(
                "/media/{}/original/a.pdf?expires=x&signature=AAAA",
                hash()
            ))
        })
        .refused(NOTHING, "an asset that is none", || get("/media/x/a.pdf"))
}

fn queries(family: Family) -> Family {
    const UNREADABLE: &str = "BAD_REQUEST";
    const METHOD: &str = "METHOD_NOT_ALLOWED";
    family
        .refused(METHOD, "a mutation", || get_query("mutation { deleteAll }"))
        .refused(METHOD, "a mutation among queries", || {
            get(format!(
                "/graphql?operationName=M&query={}",
                encoded("query Q { __typename } mutation M { deleteAll }")
            ))
        })
        .refused("NOT_ACCEPTABLE", "a subscription", || {
            get_query("subscription { news { id } }")
        })
        .refused(METHOD, "a mutation in a fragment's clothes", || {
            get_query("mutation { ...F } fragment F on Query { __typename }")
        })
        .answered("8,000 parameters", || {
            get(format!(
                "/graphql?{}query={}",
                many(7_000, |index| format!("{index}&")),
                encoded("{ __typename }")
            ))
        })
        .refused(UNREADABLE, "7,000 queries", || {
            get(format!("/graphql?{}", "query=a&".repeat(7_000)))
        })
        .refused(UNREADABLE, "no parameter", || get("/graphql"))
        .refused(UNREADABLE, "10,000 ampersands", || {
            get(format!("/graphql?{}", "&".repeat(10_000)))
        })
        .refused("TOO_MANY_TOKENS", "a query of 60 kB", || {
            get(format!("/graphql?query={}", "a%20".repeat(15_000)))
        })
        .unread(431, "an address of 200 kB", || {
            get(format!("/graphql?query={}", "a".repeat(200_000)))
        })
        .unread(400, "a query of 100 kB", || {
            get(format!("/graphql?query={}", "a%20".repeat(25_000)))
        })
        .refused("GRAPHQL_PARSE_FAILED", "a query that is no UTF-8", || {
            get("/graphql?query=%ff%fe")
        })
        .refused("TOO_MANY_TOKENS", "a query of NULs", || {
            get(format!("/graphql?query={}", "%00".repeat(10_000)))
        })
        .refused(UNREADABLE, "variables that are no JSON", || {
            get("/graphql?query=a&variables=%7B%7B%7B")
        })
        .refused(UNREADABLE, "variables that are a list", || {
            get("/graphql?query=a&variables=%5B1%5D")
        })
        .refused(UNREADABLE, "variables, 5,000 deep", || {
            let variables = format!("{{\"a\":{}}}", nested("[", 5_000, "", "]"));
            get(format!(
                "/graphql?query=a&variables={}",
                encoded(&variables)
            ))
        })
        .refused(UNREADABLE, "variables of one text of 60 kB", || {
            get(format!(
                "/graphql?query=a&variables=%22{}%22",
                "x".repeat(60_000)
            ))
        })
        .refused("TOO_MANY_VALUES", "20,000 values", || {
            let variables = format!("%7B%22a%22:%5B{}0%5D%7D", "0,".repeat(20_000));
            get(format!(
                "/graphql?query={}&variables={variables}",
                encoded("{ __typename }")
            ))
        })
        .refused(UNREADABLE, "extensions that are no JSON", || {
            get("/graphql?query=a&extensions=x")
        })
        .refused("TOO_MANY_ALIASES", "500 aliases", || {
            get_query(&format!(
                "{{ {} }}",
                many(500, |index| format!("a{index}:__typename "))
            ))
        })
        .refused(
            "GRAPHQL_VALIDATION_FAILED",
            "an operation name of 60 kB",
            || {
                get(format!(
                    "/graphql?operationName={}&query={}",
                    "x".repeat(60_000),
                    encoded("query A { __typename }")
                ))
            },
        )
}

fn paths(family: Family) -> Family {
    const NOTHING: &str = "NOT_FOUND";
    [
        "/../../etc/passwd",
        "/graphql/..%2f..%2fetc/passwd",
        "/graphiql/..%2f..%2fCargo.toml",
        "/graphiql/%2e%2e%2fsettings.rs",
        "/graphiql/index.html%00.js",
        "/%ff%fe",
        "/%00",
        "//",
        "/graphql/",
        "/.git/config",
        "/wp-login.php",
        "/graphql;a=b",
    ]
    .into_iter()
    .fold(family, |family, path| {
        family.refused(NOTHING, path, move || get(path))
    })
    .refused(NOTHING, "a path of 60 kB", || {
        get(format!("/{}", "x".repeat(60_000)))
    })
    .refused(NOTHING, "a path of 20,000 steps", || {
        get("/a".repeat(20_000))
    })
    .refused(NOTHING, "a path of 20,000 escapes", || {
        get(format!("/{}", "%2e".repeat(20_000)))
    })
    .refused(NOTHING, "a file of GraphiQL with a name of 60 kB", || {
        get(format!("/graphiql/{}", "x".repeat(60_000)))
    })
    .unread(400, "an address with a space", || get("/graphql ?query=a"))
    .unread(400, "an address that is no UTF-8", || {
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()
    })
    .unread(400, "no address", || {
        b"GET  HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()
    })
}
