using System.Text.Json;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Tests.Recipes;

public class RecipeSchemaTests
{
    // PUZZLE_UPDATE=1 writes the files anew.
    [Theory]
    [InlineData(typeof(Recipe), "recipe.json", "Puzzle recipe")]
    [InlineData(typeof(PretrainRecipe), "pretrain.json", "Puzzle pretraining recipe")]
    public void SchemaFilesSayWhatTheRecordsSay(Type recipe, string file, string title)
    {
        var generated = RecipeSchema.Generate(recipe, title).ToJsonString(RecipeJson.Indented) + "\n";
        var path = Path.Combine(Shared.Repository("schemas"), file);
        if (Environment.GetEnvironmentVariable("PUZZLE_UPDATE") == "1")
            File.WriteAllText(path, generated);
        Assert.Equal(generated, File.ReadAllText(path));
    }

    [Theory]
    [InlineData(typeof(Recipe), "recipe.json")]
    [InlineData(typeof(PretrainRecipe), "pretrain.json")]
    public void EveryKeyHasADescription(Type recipe, string file)
    {
        Assert.Equal(RecipeSchema.Embedded(recipe).ToJsonString(), JsonDocument.Parse(File.ReadAllText(Shared.Repository("schemas", file))).RootElement.Deserialize<System.Text.Json.Nodes.JsonNode>()!.ToJsonString());
        List<string> silent = [];
        Walk(RecipeSchema.Embedded(recipe), "");
        Assert.Empty(silent);

        void Walk(System.Text.Json.Nodes.JsonNode? node, string path)
        {
            if (node is System.Text.Json.Nodes.JsonObject o && o["properties"] is System.Text.Json.Nodes.JsonObject properties)
                foreach (var (key, value) in properties)
                {
                    if (string.IsNullOrWhiteSpace(value!["description"]?.GetValue<string>()))
                        silent.Add($"{path}.{key}");
                    Walk(value, $"{path}.{key}");
                    Walk(value["items"], $"{path}.{key}[]");
                }
        }
    }
}
