/** Reactions that are one press away. */
export const quickReactions: readonly string[] = ['👍', '❤️', '😂', '🎉', '👀', '🙏']
