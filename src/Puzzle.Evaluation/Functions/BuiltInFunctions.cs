using Puzzle.Core.Errors;
using Puzzle.Evaluation.Metrics;
using Puzzle.Evaluation.TaskFiles;
using Puzzle.Evaluation.Tasks;

namespace Puzzle.Evaluation.Functions;

/// <summary>
/// What a <c>!function</c> of a task file may name. A harness file's own name works too where it is unambiguous:
/// <c>utils.process_docs</c> of a task over <c>Rowan/hellaswag</c> is <c>hellaswag.process_docs</c>.
/// </summary>
public static class BuiltInFunctions
{
    private static readonly Dictionary<string, Func<IEnumerable<IReadOnlyDictionary<string, object?>>, IEnumerable<IReadOnlyDictionary<string, object?>>>> s_documents = new(StringComparer.Ordinal)
    {
        ["hellaswag.process_docs"] = documents => documents.Select(HellaSwagFunctions.ProcessDocument),
        ["ifeval.checkable_docs"] = IfEvalFunctions.Checkable,
    };

    private static readonly Dictionary<string, Func<IReadOnlyDictionary<string, object?>, object?>> s_fields = new(StringComparer.Ordinal)
    {
        ["winogrande.doc_to_text"] = WinograndeFunctions.Text,
        ["winogrande.doc_to_target"] = WinograndeFunctions.Target,
        ["winogrande.doc_to_choice"] = WinograndeFunctions.Choices,
        ["wikitext.detokenizer"] = WikitextFunctions.Detokenize,
    };

    private static readonly Dictionary<string, Func<IReadOnlyDictionary<string, object?>, IReadOnlyList<Response>, IReadOnlyDictionary<string, DocumentScore>>> s_results = new(StringComparer.Ordinal)
    {
        ["wikitext.process_results"] = WikitextFunctions.ProcessResults,
        ["truthfulqa.process_results_mc2"] = TruthfulQaFunctions.ProcessResults,
        ["ifeval.process_results"] = IfEvalFunctions.ProcessResults,
    };

    private static readonly Dictionary<string, string> s_aliases = new(StringComparer.Ordinal)
    {
        ["preprocess_winogrande.doc_to_text"] = "winogrande.doc_to_text",
        ["preprocess_winogrande.doc_to_target"] = "winogrande.doc_to_target",
        ["preprocess_winogrande.doc_to_choice"] = "winogrande.doc_to_choice",
        ["preprocess_wikitext.wikitext_detokenizer"] = "wikitext.detokenizer",
        ["preprocess_wikitext.process_results"] = "wikitext.process_results",
        ["utils.process_results_mc2"] = "truthfulqa.process_results_mc2",
    };

    /// <summary>A function over the documents of a split (<c>process_docs</c>).</summary>
    public static Func<IEnumerable<IReadOnlyDictionary<string, object?>>, IEnumerable<IReadOnlyDictionary<string, object?>>> Documents(FunctionReference function, string? dataset, string source) =>
        Find(s_documents, function, dataset, source);

    /// <summary>A function of one document (<c>doc_to_text</c> and its like).</summary>
    public static Func<IReadOnlyDictionary<string, object?>, object?> Field(FunctionReference function, string? dataset, string source) =>
        Find(s_fields, function, dataset, source);

    /// <summary>A function from a document and its answers to metrics (<c>process_results</c>).</summary>
    public static Func<IReadOnlyDictionary<string, object?>, IReadOnlyList<Response>, IReadOnlyDictionary<string, DocumentScore>> Results(FunctionReference function, string? dataset, string source) =>
        Find(s_results, function, dataset, source);

    /// <summary>An aggregation given as a function.</summary>
    public static Aggregation Aggregation(FunctionReference function, string? dataset, string source) =>
        Find(new Dictionary<string, Aggregation>(StringComparer.Ordinal) { ["ifeval.agg_inst_level_acc"] = Metrics.Aggregation.PooledMean }, function, dataset, source);

    private static T Find<T>(Dictionary<string, T> functions, FunctionReference function, string? dataset, string source)
    {
        var name = s_aliases.GetValueOrDefault(function.Name, function.Name);
        if (functions.TryGetValue(name, out var found))
            return found;

        // The harness keeps one utils.py a task: the data set says whose it is.
        var family = dataset switch
        {
            null => "",
            _ when dataset.EndsWith("instruction-following-eval", StringComparison.OrdinalIgnoreCase) || dataset.EndsWith("IFEval", StringComparison.OrdinalIgnoreCase) => "ifeval",
            _ => dataset[(dataset.LastIndexOf('/') + 1)..],
        };
        if (functions.TryGetValue($"{family}.{name[(name.LastIndexOf('.') + 1)..]}", out found))
            return found;
        throw new BadInputException(
            $"{source}: !function {function.Name} is not one of the built-in functions and Python is not run; known here are {string.Join(", ", functions.Keys)}");
    }
}
