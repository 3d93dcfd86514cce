using Puzzle.Core.Errors;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.TaskFiles;

/// <summary>Writes what stands before the answer: system instruction and description, solved cases, the question.</summary>
/// <param name="sampler">Draws the solved cases; null where there are none.</param>
/// <param name="choosesContext">Whether each choice is a context of its own and the question an index among them.</param>
internal sealed class PromptBuilder(TaskConfiguration task, TaskFields fields, PromptOptions options, FewShotSampler? sampler, int shots, bool choosesContext)
{
    /// <summary>What joins the prompt and a choice.</summary>
    public string ChoiceDelimiter => options.ChatTemplate is null || (task.GenerationPrefix is { Length: > 0 } prefix && !PythonText.IsSpace(prefix[^1]))
        ? task.TargetDelimiter
        : "";

    /// <summary>The document's prompt, or one a choice.</summary>
    public IReadOnlyList<string> Prompts(IReadOnlyDictionary<string, object?> document)
    {
        var before = Before(document);
        var prefix = fields.Resolved(document, task.GenerationPrefix);
        if (choosesContext)
            return [.. fields.Choices(document).Select(choice => Rendered([.. before, .. Turn(choice, null, prefix, "", "")], prefix))];
        return [Rendered([.. before, .. Turn(Question(fields.Text(document)), null, prefix, task.TargetDelimiter, "")], prefix)];
    }

    private List<ChatMessage> Before(IReadOnlyDictionary<string, object?> document)
    {
        var messages = new List<ChatMessage>();
        var system = Joined(options.SystemInstruction, fields.Resolved(document, task.Description), task.FewShotDelimiter);
        if (system.Length > 0)
            messages.Add(new ChatMessage("system", system));
        if (shots == 0 || sampler is null)
            return messages;

        // As the harness has it: the same name of the split, or none of either, may hold the question itself.
        var excluded = task.FewShot.Split == task.TestSplit ? document : null;
        var prefix = fields.Resolved(document, task.FewShot.GenerationPrefix ?? task.GenerationPrefix);
        foreach (var example in sampler.Sample(shots, excluded))
        {
            var choices = task.FewShot.DocToChoice ?? task.DocToChoice;
            var question = fields.Text(example, task.FewShot.DocToText);
            var answer = fields.Target(example, task.FewShot.DocToTarget);
            if (choosesContext && question is long index)
                (question, choices) = (fields.Choices(example, choices)[(int)index], null);
            messages.AddRange(Turn(
                Question(question), Answer(answer, example, choices), prefix,
                task.FewShot.TargetDelimiter ?? task.TargetDelimiter, task.FewShot.Delimiter ?? task.FewShotDelimiter));
        }

        return messages;
    }

    private string Answer(object? answer, IReadOnlyDictionary<string, object?> example, object? choices)
    {
        if (answer is long index && choices is not null)
        {
            var list = fields.Choices(example, choices);
            return index >= 0 && index < list.Count
                ? list[(int)index]
                : throw new BadInputException($"{task.Source}: a solved case names choice {index} of {list.Count}");
        }

        return PythonText.Of(answer is IEnumerable<object?> list2 ? list2.FirstOrDefault() : answer);
    }

    private static string Question(object? text) => PythonText.Of(text);

    // An empty answer is none.
    private static IEnumerable<ChatMessage> Turn(string question, string? answer, string? prefix, string targetDelimiter, string delimiter)
    {
        var hasPrefix = !string.IsNullOrEmpty(prefix);
        var joins = !string.IsNullOrEmpty(answer) ? !hasPrefix || NeedsDelimiter(question, prefix!) : hasPrefix && NeedsDelimiter(question, prefix!);
        yield return new ChatMessage("user", question, joins ? targetDelimiter : "");
        if (!string.IsNullOrEmpty(answer))
            yield return new ChatMessage("assistant", Joined(prefix, answer, " "), delimiter);
        else if (hasPrefix)
            yield return new ChatMessage("assistant", prefix!);
    }

    private string Rendered(List<ChatMessage> messages, string? prefix)
    {
        if (options.ChatTemplate is null)
            return Plain(messages);
        return options.ChatTemplate(options.FewShotAsMultiturn ? messages : OneUserMessage(messages), string.IsNullOrEmpty(prefix));
    }

    private static string Plain(IEnumerable<ChatMessage> messages) => string.Concat(messages.Select(message => message.Content + message.Delimiter));

    // All turns but the system's and a begun answer become one message of the user.
    private static List<ChatMessage> OneUserMessage(List<ChatMessage> messages)
    {
        var first = messages is [{ Role: "system" }, ..] ? 1 : 0;
        var last = messages is [.., { Role: "assistant" }] ? messages.Count - 1 : messages.Count;
        var turns = messages[first..last];
        if (turns.Count > 0)
            turns[^1] = turns[^1] with { Delimiter = "" };
        return [.. messages[..first], new ChatMessage("user", Plain(turns)), .. messages[last..]];
    }

    private static string Joined(string? first, string? second, string delimiter)
    {
        if (string.IsNullOrEmpty(first) || string.IsNullOrEmpty(second))
            return first + second;
        return NeedsDelimiter(first, second) ? first + delimiter + second : first + second;
    }

    private static bool NeedsDelimiter(string first, string second) =>
        first.Length > 0 && !PythonText.IsSpace(first[^1]) && !PythonText.IsSpace(second[0]);
}
