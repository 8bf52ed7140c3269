/** The arrow between a sender and a receiver, which a screen reader reads as a word. */
export const Arrow = () => (
  <span role="img" aria-label="to">
    →
  </span>
)
