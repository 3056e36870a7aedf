//! Batches of which all transfers are created or none.

use serde_json::{Value, json};

use super::client::{Answer, secret, send};

#[tokio::test]
async fn batch_is_created_as_a_whole_on_request() {
    let (service, router) = secret();
    let id = |name: &str| service.coins().id(name).expect("an account").to_string();
    let (aaron, bryan) = (id("aaron"), id("bryan"));
    let pay = |amount: u64| {
        json!({ "id": "new", "debit_account_id": aaron, "credit_account_id": bryan,
            "amount": amount, "ledger": 1, "code": 9 })
    };
    let create = async |query: &str, amounts: &[u64]| -> Answer {
        let events: Vec<Value> = amounts.iter().map(|amount| pay(*amount)).collect();
        let body = json!({ "events": events }).to_string();
        let path = format!("/v1/transfers{query}");
        send(&router, "POST", &path, &[("authorization", "Bearer 1")], body).await
    };
    let statuses = |answer: &Answer| -> Vec<String> {
        let results = answer.body["results"].as_array().expect("a list").iter();
        results.map(|one| one["status"].as_str().expect("text").to_owned()).collect()
    };
    let balance = || service.coins().balance("aaron").map(|balance| balance.to_string());
    let left = |coins: u64| Ok(coins.to_string());

    let parts = create("", &[10, 5_000, 20]).await;
    assert_eq!(statuses(&parts), ["created", "exceeds_credits", "created"]);
    assert_eq!(balance(), left(970));
    let parts = create("?all_or_nothing=false", &[5_000, 70]).await;
    assert_eq!((statuses(&parts)[1].as_str(), balance()), ("created", left(900)));
    for (amounts, failed) in [([5_000, 1, 1], 0), ([1, 5_000, 1], 1), ([1, 1, 5_000], 2)] {
        let none = create("?all_or_nothing=true", &amounts).await;
        let mut expected = ["linked_event_failed"; 3];
        expected[failed] = "exceeds_credits";
        assert_eq!((statuses(&none), balance()), (expected.map(str::to_owned).into(), left(900)));
    }
    let all = create("?all_or_nothing=true", &[100, 200, 600]).await;
    assert_eq!((statuses(&all), balance()), (vec!["created".to_owned(); 3], left(0)));
    assert_eq!(create("?all_or_nothing=true", &[]).await.status.as_u16(), 200);
    for (query, status) in [
        ("?all_or_nothing=yes", 422),
        ("?all_or_nothin=true", 400),
        ("?all_or_nothing=true&all_or_nothing=true", 400),
    ] {
        let refused = create(query, &[1]).await;
        assert_eq!(refused.status.as_u16(), status, "{query}: {}", refused.text);
    }
}
