//! The API's documentation page is complete and loads nothing from elsewhere.

use std::collections::BTreeSet;

use super::client::{ask, demo};

/// Returns the values of an attribute.
fn values<'a>(page: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {attribute}=\"");
    let parts: Vec<&str> = page.split(&begin).skip(1).collect();
    parts.into_iter().map(|part| part.split('"').next().expect("it ends"))
}

#[tokio::test]
async fn page_has_every_endpoint_and_schema_and_is_self_contained() {
    let (_, router) = demo();
    let page = ask(&router, "GET", "/reference", &[]).await.text;
    let document = ask(&router, "GET", "/openapi.json", &[]).await.body;
    let ids: BTreeSet<&str> = values(&page, "id").collect();
    assert_eq!(ids.len(), values(&page, "id").count(), "an id is repeated");
    let mut count = 0;
    for item in document["paths"].as_object().expect("an object").values() {
        for operation in item.as_object().expect("an object").values() {
            let id = operation["operationId"].as_str().expect("it has one");
            assert!(ids.contains(id), "{id}");
            count += 1;
        }
    }
    for name in document["components"]["schemas"].as_object().expect("an object").keys() {
        assert!(ids.contains(format!("schema-{name}").as_str()), "{name}");
    }
    assert!(count > 20, "{count}");
    for link in values(&page, "href").chain(values(&page, "src")) {
        match link.strip_prefix('#') {
            Some(id) => assert!(ids.contains(id), "{link} leads nowhere"),
            None if link == "data:," => {}
            None => {
                let answer = ask(&router, "GET", link, &[]).await;
                assert_eq!(answer.status.as_u16(), 200, "{link}");
            }
        }
    }
    // The server's policy forbids scripts and inline styles.
    for forbidden in ["<script", "<style", " style=", " onclick=", "http://", "https://"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let style = ask(&router, "GET", "/reference/style.css", &[]).await;
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}
