using System.Globalization;
using System.Text;
using Puzzle.Core.Recipes;

namespace Puzzle.Core.Pretraining;

/// <summary>The README.md of a trained parent: what it is, how it was made, how well it answers.</summary>
public static class ParentCard
{
    /// <summary>Renders the card.</summary>
    public static string Write(PretrainRecipe recipe, PretrainResult result)
    {
        var (shape, train, text) = (recipe.Architecture, recipe.Train, new StringBuilder());
        Line($"---\nlicense: apache-2.0\nlibrary_name: transformers\npipeline_tag: text-generation\nlanguage:\n- en\ntags:\n- puzzle\n- llama\n---");
        Line($"# {Path.GetFileName(Path.TrimEndingDirectorySeparator(recipe.Output))}\n");
        Line($"A small Llama trained from nothing on generated short stories in plain English and questions about them. It exists to be compressed.\n");
        Line($"| | |\n| --- | --- |");
        Line($"| command | `puzzle pretrain` with the recipe of this name |");
        Line($"| seed | {recipe.Seed} |");
        Line($"| layers | {shape.Layers}, hidden size {shape.HiddenSize}, {shape.Heads} heads, {shape.KvHeads} key-value heads, feed-forward width {shape.IntermediateSize} |");
        Line($"| parameters | {result.Parameters:N0} |");
        Line($"| tokens | {result.Tokens:N0} in {result.Steps:N0} steps of {train.TokensPerStep.Value:N0} |");
        Line($"| minutes | {result.Minutes:0.0} |");
        Line($"| final loss | {result.Loss:0.0000} (weighted, mean of the last 200 steps) |\n");
        Line($"Right answers to {recipe.Stories.ValidationQuestions} and {recipe.Stories.TestQuestions} held-out questions of each kind; names, objects and story forms are other than in training.\n");
        Line($"| task | validation | test |\n| --- | --- | --- |");
        foreach (var (task, share) in result.Validation)
            Line($"| {task} | {share:P1} | {result.Test[task]:P1} |");
        Line($"| mean | {result.ValidationMean:P1} | {result.TestMean:P1} |");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
