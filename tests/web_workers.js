// Imported by tests/web.rs and tests/web_speed.rs, and started by it as the script of the nested workers: a minimal pool.
// The pool of the page and of the npm package is in npm/src/ and is tested with both.

const glueAddress = new URL("/wasm-bindgen-test.js", import.meta.url).href;

let workers = [];

/** Sends one message to a worker and waits for its answer. */
function ask(worker, message) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      "error" in data ? reject(new Error(data.error)) : resolve();
    worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
    worker.postMessage(message);
  });
}

/** Starts workers that share the memory of the test. */
export async function startWorkers(count, module, memory) {
  const start = () => new Worker(import.meta.url, { type: "module", name: "nested" });
  workers = Array.from({ length: count }, start);
  await Promise.all(workers.map((worker) => ask(worker, { module, memory })));
}

/** Has every worker execute its share of a run. */
export async function workOn(run) {
  await Promise.all(workers.map((worker, index) => ask(worker, { call: "work", parameters: [run, index] })));
}

/** Has the first workers execute their parts of a measurement at the same time. */
export async function doParts(count) {
  const measured = workers.slice(0, count);
  await Promise.all(measured.map((worker, index) => ask(worker, { call: "do_part", parameters: [index] })));
}

export function stopWorkers() {
  for (const worker of workers) worker.terminate();
  workers = [];
}

/**
 * Reads the counters of a run from the shared memory, and cancels the run after so many attempts. Returns how many it saw
 * when it did.
 */
export async function cancelAfter(attempts, memory, pointer, words, layout) {
  const view = new BigUint64Array(memory.buffer, pointer, words);
  const header = (name) => layout.header.indexOf(name);
  const place = layout.worker.indexOf("attempts");
  for (let look = 0; look < 10_000; look += 1) {
    let seen = 0;
    for (let at = layout.header_words; at < words; at += layout.worker_words) {
      seen += Number(Atomics.load(view, at + place));
    }
    if (seen >= attempts) {
      Atomics.store(view, header("cancel"), 1n);
      return seen;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`the run never came to ${attempts} attempts`);
}

if (self.name === "nested") {
  let glue;
  // The message of a panic goes to the console, and after it comes a bare trap.
  let lastError = "";
  console.error = (...words) => (lastError = words.join(" "));
  self.onmessage = async ({ data }) => {
    try {
      if (data.module) {
        glue = await import(glueAddress);
        const { module, memory } = data;
        await glue.default({ module_or_path: module, memory, thread_stack_size: 1048576 });
      } else {
        glue[data.call](...data.parameters);
      }
      postMessage({});
    } catch (error) {
      postMessage({ error: `${error} ${lastError}` });
    }
  };
}
