using Puzzle.Core.Models;

namespace Puzzle.Core.Checkpoints;

/// <summary>
/// Writes a child as a folder in Hugging Face's layout: <c>config.json</c>, <c>generation_config.json</c>, safetensors and
/// whatever files come with it. Weights are read tensor by tensor; the folder appears whole or not at all.
/// </summary>
public static class ChildFolderWriter
{
    /// <param name="folder">Replaced if it is a model folder already.</param>
    /// <param name="config">The child's architecture.</param>
    /// <param name="read">The child's weights under the names of <see cref="WeightLayout"/>.</param>
    /// <exception cref="Errors.RecipeException">The format cannot say what the child is, or the folder is in the way.</exception>
    /// <exception cref="Errors.BadInputException">A weight is NaN or infinite, or does not fit F16.</exception>
    public static void Write(string folder, ModelConfig config, ReadTensor read, ChildFolderOptions? options = null)
    {
        options ??= new();
        var (written, weights) = Shape(config, read, options);
        var json = ChildConfig.Write(written, options);
        var tensors = WeightLayout.Of(written).Select(tensor => new TensorInfo(tensor.Name, options.Type, tensor.Shape)).ToList();
        var withBiases = FillBiases(written, options.Format, tensors, ref weights);
        WholeFolder.Write(folder, path =>
        {
            File.WriteAllText(Path.Combine(path, "config.json"), json.ToJsonString(JsonLayout.Indented) + "\n");
            File.WriteAllText(Path.Combine(path, "generation_config.json"), GenerationSettings.Of(config, options.GenerationFrom).ToJsonString(JsonLayout.Indented) + "\n");
            SafetensorsWriter.WriteModel(path, withBiases, weights, options.MaxShardBytes);
            foreach (var (name, text) in options.Files)
                File.WriteAllText(Path.Combine(path, name), text);
            options.AddFiles?.Invoke(path);
        });
    }

    private static (ModelConfig Config, ReadTensor Read) Shape(ModelConfig config, ReadTensor read, ChildFolderOptions options)
    {
        switch (options.Format)
        {
            case ChildFormat.Inflated:
                return Inflation.Inflate(config, read, options.InflateTo);
            case ChildFormat.NemotronNas when options.OddWidths == OddWidths.Pad:
                return Inflation.PadWidths(config, read, FfnMultiplier.Multiple);
            default:
                return (config, read);
        }
    }

    // nemotron-nas and Llama have one flag for the biases of q, k, v and o. Where a child has only some of them, the others are zero.
    private static List<TensorInfo> FillBiases(ModelConfig config, ChildFormat format, List<TensorInfo> tensors, ref ReadTensor read)
    {
        if (config.QkvBias == config.OutputBias || (format != ChildFormat.NemotronNas && !ModelFamily.Find(config.Family)!.HasAttentionBiasFlag))
            return tensors;
        HashSet<string> stored = [.. tensors.Select(tensor => tensor.Name)];
        var inner = read;
        read = (name, values) =>
        {
            if (stored.Contains(name))
                inner(name, values);
            else
                values.Clear();
        };
        return [.. WeightLayout.Of(config with { QkvBias = true, OutputBias = true }).Select(tensor => new TensorInfo(tensor.Name, tensors[0].Type, tensor.Shape))];
    }
}
