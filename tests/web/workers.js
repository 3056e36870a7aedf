// Imported by tests/web, which also starts it as the script of its nested workers: a pool as small as can be.
// The page's own pool is in www/engine/ and is tested with the page.

const glueAddress = new URL("/wasm-bindgen-test.js", import.meta.url).href;

let workers = [];

/** Sends one message to a worker and waits for its answer. */
function ask(worker, message) {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) =>
      "error" in data ? reject(new Error(data.error)) : resolve(data.value);
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

/** Cancels a run if its counters show at least so many attempts. Returns whether it did. */
export function cancelIf(attempts, memory, pointer, words, layout) {
  const view = new BigUint64Array(memory.buffer, pointer, words);
  const position = layout.worker.indexOf("attempts");
  let seen = 0;
  for (let at = layout.header_words; at < words; at += layout.worker_words) {
    seen += Number(Atomics.load(view, at + position));
  }
  if (seen < attempts) return false;
  Atomics.store(view, layout.header.indexOf("cancel"), 1n);
  return true;
}

/** Watches the counters of a run, and cancels it as soon as so many attempts were seen. */
export async function cancelAfter(attempts, memory, pointer, words, layout) {
  for (let round = 0; round < 10_000; round += 1) {
    if (cancelIf(attempts, memory, pointer, words, layout)) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`the run never came to ${attempts} attempts`);
}

if (self.name === "nested") {
  let glue;
  // A panic arrives as a bare trap; its sentence goes to the console just before.
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
      postMessage({ value: undefined });
    } catch (error) {
      postMessage({ error: `${error} ${lastError}` });
    }
  };
}
