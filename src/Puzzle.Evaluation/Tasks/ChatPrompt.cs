using Puzzle.Core.Text;

namespace Puzzle.Evaluation.Tasks;

/// <summary>Renders prompts of tasks by a model's chat template.</summary>
public sealed class ChatPrompt(ChatTemplate template)
{
    /// <param name="opensAnswer">Whether the assistant's turn begins at the end; else the last message is the answer's beginning and stays open.</param>
    public string Render(IReadOnlyList<ChatMessage> messages, bool opensAnswer)
    {
        var text = template.Apply(
            messages.Select(message => new Dictionary<string, object?>(StringComparer.Ordinal) { ["role"] = message.Role, ["content"] = message.Content }).ToList(), opensAnswer);
        if (opensAnswer || messages.Count == 0)
            return text;

        // Templates may trim what they print.
        foreach (var last in new[] { messages[^1].Content, messages[^1].Content.Trim() })
        {
            if (text.LastIndexOf(last, StringComparison.Ordinal) is var at and >= 0)
                return text[..(at + last.Length)];
        }

        return text;
    }
}
