//! `ledgerlab list`.

use ledgerlab::scenarios::ALL;

use super::{ledgerlab, text, words};

#[test]
fn list_has_a_line_per_scenario() {
    let output = ledgerlab(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    let listed = words(&output.stdout);
    for scenario in ALL {
        let description = scenario.description();
        let line =
            format!("{} {} {}", description.name, description.title, description.description);
        assert!(listed.contains(&line), "no {line:?} in\n{listed}");
    }
    let lines = text(&output.stdout).lines().count();
    assert_eq!(lines, ALL.len() + 3, "a line each, and how to go on:\n{listed}");
}

#[test]
fn list_of_a_scenario_names_presets_and_parameters() {
    let all = ledgerlab(&["list", "--all"]);
    for scenario in ALL {
        let description = scenario.description();
        let output = ledgerlab(&["list", description.name]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&all.stdout).contains(text(&output.stdout)), "--all has {}", description.name);
        let listed = words(&output.stdout);
        for preset in description.presets {
            let line = format!("{} {}: {}", preset.name, preset.title, preset.description);
            assert!(listed.contains(&line), "no {line:?} in\n{listed}");
        }
        for parameter in description.parameters {
            let option = format!("--{} ", parameter.name.replace('_', "-"));
            assert!(listed.contains(&option), "no {option:?} in\n{listed}");
        }
    }
    let listed = words(&ledgerlab(&["list", "hft"]).stdout);
    for line in [
        "--workers 1 to 64 all all",
        "--duration-s 1 to 3,600 s 10 10",
        "--concurrency one of 5 ordered-locks ordered-locks",
        "global-lock Global lock: One lock over the whole ledger, as in GoLedger. Correct, does not scale.",
        "unordered-locks Unordered locks (deadlocks): Latches are taken in the order",
        "no-locks No locks (lost updates): Incorrect on purpose: no latch is taken,",
    ] {
        assert!(listed.contains(line), "no {line:?} in\n{listed}");
    }
}

#[test]
fn unknown_scenario_is_rejected_with_the_known_ones() {
    let output = ledgerlab(&["list", "poker"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    let sentence = "ledgerlab: there is no scenario \"poker\"; known scenarios: hft";
    assert!(text(&output.stderr).starts_with(sentence), "{}", text(&output.stderr));
}
