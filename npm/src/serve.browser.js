/** A worker of a browser takes messages. @param {typeof import('./desk.js').desk} desk @param {any} glues */
export function serve(desk, glues) {
  const answer = desk(glues, (message, moved = []) => self.postMessage(message, /** @type {any} */ (moved)));
  self.onmessage = ({ data }) => void answer(data);
}
