using System.Text.Json;
using System.Text.Json.Nodes;
using Puzzle.Core.Errors;
using Puzzle.Core.Runs;

namespace Puzzle.Core.Search.Files;

/// <summary>
/// The project's own library file, see <c>docs/search.md</c>:
/// <c>{"puzzle_library": 1, "layers": N, "non_block": {stat: x}, "items": [{"layer", "id", "parent", "metrics", "stats"}]}</c>.
/// </summary>
internal static class PuzzleLibrary
{
    private const string Mark = "puzzle_library";
    private const int Version = 1;
    private const int MostLayers = 100_000;
    private static readonly string[] s_rootKeys = [Mark, "layers", "source", "non_block", "items"];
    private static readonly string[] s_itemKeys = ["layer", "count", "id", "child", "parent", "metrics", "stats"];

    public static bool Recognises(JsonElement root) => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(Mark, out _);

    public static PuzzleProblem Read(JsonElement root, string source)
    {
        Strict(root, s_rootKeys, source);
        if (root.GetProperty(Mark).ValueKind != JsonValueKind.Number || !root.GetProperty(Mark).TryGetInt32(out var version) || version != Version)
            throw new BadInputException($"{source}: {Mark} is {root.GetProperty(Mark).GetRawText()}; this version reads {Version}");
        var layers = Whole(root, "layers", source, 1, MostLayers);
        if (!root.TryGetProperty("items", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            throw new BadInputException($"{source}: needs a list 'items' with at least one entry");
        var items = list.EnumerateArray().Select((item, i) => Item(item, $"{source}: items[{i}]", layers)).ToArray();
        return new PuzzleProblem
        {
            LayerCount = layers,
            Items = items,
            NonBlockCosts = root.TryGetProperty("non_block", out _) ? JsonNumbers.Read(root, "non_block", source) : [],
            Source = source,
        };
    }

    public static void Write(PuzzleProblem problem, string path) => AtomicFile.WriteText(path, new JsonObject
    {
        [Mark] = Version,
        ["layers"] = problem.LayerCount,
        ["non_block"] = Numbers(problem.NonBlockCosts),
        ["items"] = new JsonArray([.. problem.Items.Select(Item)]),
    }.ToJsonString(AtomicFile.Json) + "\n");

    private static PuzzleItem Item(JsonElement item, string where, int layers)
    {
        if (item.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"{where}: must be an object, not {item.ValueKind}");
        Strict(item, s_itemKeys, where);
        var layer = Whole(item, "layer", where, 0, layers - 1);
        var count = item.TryGetProperty("count", out _) ? Whole(item, "count", where, 1, layers - layer) : 1;
        if (!item.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String || id.GetString() is not { Length: > 0 } name)
            throw new BadInputException($"{where}: needs a name 'id', for example \"gqa_4 + ffn_768\"");
        var specs = item.TryGetProperty("child", out var child) ? Child(child, where) : SpecText.Layer(name, where) is { } spec && count == 1 ? [spec] : null;
        return new PuzzleItem
        {
            FirstLayer = layer,
            LayerCount = count,
            Id = name,
            Layers = specs,
            IsParent = item.TryGetProperty("parent", out var parent) && parent.ValueKind == JsonValueKind.True,
            Scores = JsonNumbers.Read(item, "metrics", where),
            Costs = JsonNumbers.Read(item, "stats", where),
        };
    }

    private static Variants.LayerSpec[] Child(JsonElement child, string where)
    {
        if (child.ValueKind != JsonValueKind.Array)
            throw new BadInputException($"{where}: 'child' must be a list of layers such as [\"gqa_4 + ffn_768\"]");
        return [.. child.EnumerateArray().Select(layer => layer.ValueKind == JsonValueKind.String && SpecText.Layer(layer.GetString()!, where) is { } spec
            ? spec
            : throw new BadInputException($"{where}: child layer {layer.GetRawText()} is not of the form \"gqa_4 + ffn_768\""))];
    }

    private static JsonObject Item(PuzzleItem item)
    {
        var json = new JsonObject { ["layer"] = item.FirstLayer };
        if (item.LayerCount > 1)
            json["count"] = item.LayerCount;
        json["id"] = item.Id;
        if (item.Layers is { } layers && !(item.LayerCount == 1 && layers.Count == 1 && layers[0].ToString() == item.Id))
            json["child"] = new JsonArray([.. layers.Select(layer => (JsonNode)layer.ToString())]);
        if (item.IsParent)
            json["parent"] = true;
        json["metrics"] = Numbers(item.Scores);
        json["stats"] = Numbers(item.Costs);
        return json;
    }

    // What is not a finite number was not measured: null.
    private static JsonObject Numbers(IReadOnlyDictionary<string, double> numbers) =>
        new(numbers.Select(entry => KeyValuePair.Create(entry.Key, double.IsFinite(entry.Value) ? (JsonNode?)entry.Value : null)));

    private static int Whole(JsonElement parent, string property, string where, int least, int most) =>
        parent.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw new BadInputException($"{where}: '{property}' must be a whole number from {least} to {most}{(parent.TryGetProperty(property, out var found) ? $", found {found.GetRawText()}" : "")}");

    private static void Strict(JsonElement parent, string[] keys, string where)
    {
        foreach (var entry in parent.EnumerateObject())
            if (!keys.Contains(entry.Name))
                throw new BadInputException($"{where}: key '{entry.Name}' is not known{DidYouMean.Hint(entry.Name, keys)}");
    }
}
