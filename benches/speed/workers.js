// Imported by tests/web_speed.rs, and started by it as the script of the nested workers that do the measured work.

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

/** Starts workers that share the memory of the caller. */
export async function startWorkers(count, module, memory) {
  const start = () => new Worker(import.meta.url, { type: "module", name: "measured" });
  workers = Array.from({ length: count }, start);
  await Promise.all(workers.map((worker) => ask(worker, { module, memory })));
}

/** Lets the first workers do their parts, all at the same time. */
export async function doParts(count) {
  await Promise.all(workers.slice(0, count).map((worker, index) => ask(worker, { index })));
}

if (self.name === "measured") {
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
        glue.do_part(data.index);
      }
      postMessage({});
    } catch (error) {
      postMessage({ error: `${error} ${lastError}` });
    }
  };
}
