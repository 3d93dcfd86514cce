using Puzzle.Core.Recipes;

namespace Puzzle.Core.Tests.Recipes;

public class RecipeWriterTests
{
    public static TheoryData<string> Recipes =>
    [
        "parent: /x/model",
        "parent: '/a path: with # marks/\"x\"'\nreport: {title: 'null'}",
        "parent: a/b\ndata: {self: {tokens: 1K, prompts: ['Once: upon', \"tab\\there\"]}}\nexport: {formats: [{format: hf, dtype: bf16}, gguf], targets: [vllm, llama_cpp]}",
        "parent: a/b\nvariants: {attention: [gqa_2, window_64_sinks_4, no_op], ffn: [50%, 96], pinned_layers: [0, 3]}\ndistill: {minutes: 1.5, learning_rate: 3e-7}\nheal: {tokens: 0}",
        "parent: a/b\ntarget: {scenarios: [{name: a, batches: [1, 8], limits: {speedup: 2.17x, max_memory_gib: 0.123456789, max_params: 69.6%}}, {name: b, limits: {max_ttft_ms: 80%}}]}\nsolve: {pins: [{layer: 1, attention: no_op}], forbid: [{layers: [0], ffn: [linear]}]}",
    ];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void AWrittenRecipeReadsAsTheSame(string yaml)
    {
        var recipe = RecipeReader.Parse<Recipe>(yaml, "r.yaml", "/");
        foreach (var allKeys in new[] { true, false })
        {
            var written = RecipeWriter.Write(recipe, "A header\n\nof lines", allKeys);
            Assert.Equal(RecipeJson.Canonical(recipe), RecipeJson.Canonical(RecipeReader.Parse<Recipe>(written, "w.yaml", "/")));
        }
    }
}
