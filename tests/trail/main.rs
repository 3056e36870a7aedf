//! The trail: seals, filters and exports, on trails of every shape.
#![cfg(not(target_family = "wasm"))]

#[path = "../common/mod.rs"]
mod common;
mod exports;
mod filters;
mod judged;
mod seals;
mod shapes;
