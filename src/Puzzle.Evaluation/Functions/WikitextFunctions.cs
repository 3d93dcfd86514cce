using System.Text;
using System.Text.RegularExpressions;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.Tasks;
using Puzzle.Evaluation.Text;

namespace Puzzle.Evaluation.Functions;

/// <summary>WikiText: the corpus stores tokens apart; the text is put together again before it is scored.</summary>
public static partial class WikitextFunctions
{
    /// <summary>The page as running text.</summary>
    public static object? Detokenize(IReadOnlyDictionary<string, object?> document)
    {
        var text = document.Text("page");

        // The order matters. The second pattern holds slashes and matches next to nothing, as in the original.
        text = text.Replace("s '", "s'");
        text = Slashes().Replace(text, "/'[0-9]/");
        text = text.Replace(" @-@ ", "-").Replace(" @,@ ", ",").Replace(" @.@ ", ".");
        text = text.Replace(" : ", ": ").Replace(" ; ", "; ").Replace(" . ", ". ").Replace(" ! ", "! ").Replace(" ? ", "? ").Replace(" , ", ", ");
        text = Parentheses().Replace(text, "($1)");
        text = Brackets().Replace(text, "[$1]");
        text = Braces().Replace(text, "{$1}");
        text = Quotes().Replace(text, "\"$1\"");
        text = Apostrophes().Replace(text, "'$1'");
        text = text.Replace("= = = =", "====").Replace("= = =", "===").Replace("= =", "==");
        text = text.Replace(" \u00b0 ", "\u00b0").Replace(" \n", "\n").Replace("\n ", "\n");
        return text.Replace(" N ", " 1 ").Replace(" 's", "'s");
    }

    /// <summary>Perplexities by the words and bytes of the page as it is stored, not as it is scored.</summary>
    public static IReadOnlyDictionary<string, DocumentScore> ProcessResults(IReadOnlyDictionary<string, object?> document, IReadOnlyList<Response> responses)
    {
        var page = document.Text("page");
        var (sum, bytes) = (responses[0].LogLikelihood, Encoding.UTF8.GetByteCount(page));
        return new Dictionary<string, DocumentScore>(StringComparer.Ordinal)
        {
            ["word_perplexity"] = new(sum, PythonText.CountWords(page)),
            ["byte_perplexity"] = new(sum, bytes),
            ["bits_per_byte"] = new(sum, bytes),
        };
    }

    [GeneratedRegex(@"/' [0-9]/")]
    private static partial Regex Slashes();

    [GeneratedRegex(@"\(\s*([^\)]*?)\s*\)")]
    private static partial Regex Parentheses();

    [GeneratedRegex(@"\[\s*([^\]]*?)\s*\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"{\s*([^}]*?)\s*}")]
    private static partial Regex Braces();

    [GeneratedRegex("\\\"\\s*([^\\\"]*?)\\s*\\\"")]
    private static partial Regex Quotes();

    [GeneratedRegex(@"'\s*([^']*?)\s*'")]
    private static partial Regex Apostrophes();
}
