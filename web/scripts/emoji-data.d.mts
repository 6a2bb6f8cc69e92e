export function emojiData(): string
