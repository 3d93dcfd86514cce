namespace Puzzle.Evaluation.Tasks;

/// <summary>One message of a prompt.</summary>
/// <param name="Role">system, user or assistant.</param>
/// <param name="Delimiter">Written after the content where the prompt is plain text; no part of a chat message.</param>
public sealed record ChatMessage(string Role, string Content, string Delimiter = "");
