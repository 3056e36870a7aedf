//! What the commands share while they run: the project, the steps done so far, and the toolchain
//! for threaded WebAssembly, which is looked for once.

use std::process::Command;

use crate::process;
use crate::project::Project;
use crate::step::Steps;
use crate::toolchain::{self, Toolchain};

pub struct Workshop {
    pub project: Project,
    pub steps: Steps,
    /// A failure is kept as well: two suites need the toolchain, and one long attempt is enough.
    toolchain: Option<Result<Toolchain, String>>,
}

impl Workshop {
    pub fn open() -> Result<Workshop, String> {
        let project = Project::find()?;
        let steps = Steps::new(project.logs());
        Ok(Workshop { project, steps, toolchain: None })
    }

    /// The cargo that runs xtask, at the project's root.
    pub fn cargo(&self) -> Command {
        let mut command = process::command(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.current_dir(&self.project.root);
        command
    }

    /// The toolchain for threaded WebAssembly, got if it is missing.
    pub fn toolchain(&mut self) -> Result<Toolchain, String> {
        if self.toolchain.is_none() {
            let found = toolchain::find_or_get(&self.project, &mut self.steps);
            if let Ok(toolchain) = &found {
                self.steps.note(&toolchain.sentence);
            }
            self.toolchain = Some(found);
        }
        self.toolchain.clone().expect("it was looked for above")
    }
}
