using Puzzle.Core.Errors;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Functions;

/// <summary>WinoGrande: each option fills the blank of the context; the rest of the sentence is scored.</summary>
public static class WinograndeFunctions
{
    /// <summary>The index of the right option.</summary>
    public static object? Text(IReadOnlyDictionary<string, object?> document) => document.Text("answer") switch
    {
        "1" => 0L,
        "2" => 1L,
        var other => throw new BadInputException($"winogrande: answer is \"{other}\"; expected \"1\" or \"2\" (the test split has no answers, use validation)"),
    };

    /// <summary>What follows the blank.</summary>
    public static object? Target(IReadOnlyDictionary<string, object?> document)
    {
        var sentence = document.Text("sentence");
        return PythonText.Trim(sentence[(Blank(sentence) + 1)..]);
    }

    /// <summary>The sentence up to the blank with each option in it.</summary>
    public static object? Choices(IReadOnlyDictionary<string, object?> document)
    {
        var sentence = document.Text("sentence");
        var start = sentence[..Blank(sentence)];
        return new List<object?> { start + document.Text("option1"), start + document.Text("option2") };
    }

    private static int Blank(string sentence) => sentence.IndexOf('_') is var at and >= 0
        ? at
        : throw new BadInputException($"winogrande: no blank (_) in \"{sentence}\"");
}
