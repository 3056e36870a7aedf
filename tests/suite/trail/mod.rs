//! The trail: seals, filters and exports, on trails of every shape.

mod exports;
mod filters;
mod fixtures;
mod replay;
mod seals;
