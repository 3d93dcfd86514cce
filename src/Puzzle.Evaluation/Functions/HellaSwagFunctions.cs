using System.Text.RegularExpressions;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Functions;

/// <summary>HellaSwag: contexts and endings without the marks of their WikiHow sources.</summary>
public static partial class HellaSwagFunctions
{
    /// <summary>Adds <c>query</c>, <c>choices</c> and <c>gold</c>.</summary>
    public static IReadOnlyDictionary<string, object?> ProcessDocument(IReadOnlyDictionary<string, object?> document)
    {
        var context = $"{document.Text("ctx_a")} {PythonText.Capitalize(document.Text("ctx_b"))}";
        return document.With(
            ("query", Clean($"{document.Text("activity_label")}: {context}")),
            ("choices", document.Texts("endings").Select(ending => (object?)Clean(ending)).ToList()),
            ("gold", int.TryParse(document.Text("label"), out var label) ? (long)label : null));
    }

    private static string Clean(string text)
    {
        text = PythonText.Trim(text).Replace(" [title]", ". ");
        return Brackets().Replace(text, "").Replace("  ", " ");
    }

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Brackets();
}
