using System.Buffers;
using System.Text.Json;
using TorchSharp.Modules;
using static TorchSharp.torch.utils;

namespace Puzzle.Core.Telemetry;

/// <summary>
/// <c>metrics.jsonl</c>: one object a step, <c>{"time", "stage/step", "stage/loss", ...}</c>, appended and flushed line by line.
/// A resumed run repeats the steps since its last saved state: of two lines with one step, the later counts.
/// </summary>
public sealed class MetricsFile : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly SummaryWriter? _board;

    /// <param name="path">The file; a half-written last line of a killed process is cut off.</param>
    /// <param name="boardFolder">A folder for TensorBoard files, or null for none.</param>
    /// <param name="time">The clock.</param>
    public MetricsFile(string path, string? boardFolder = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        CutHalfLine();
        if (boardFolder is not null)
            _board = tensorboard.SummaryWriter(boardFolder);
    }

    /// <summary>Records numbers of one step, each under <c>group/name</c>.</summary>
    public void Write(string group, long step, params ReadOnlySpan<(string Name, double Value)> values)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteNumber("time", Math.Round(_time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, 3));
            json.WriteNumber($"{group}/step", step);
            foreach (var (name, value) in values)
            {
                if (double.IsFinite(value))
                    json.WriteNumber($"{group}/{name}", value);
                else
                    json.WriteNull($"{group}/{name}");
            }

            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lock (_gate)
        {
            _file.Write(line.WrittenSpan);
            _file.Flush();
            if (_board is null)
                return;
            foreach (var (name, value) in values)
                _board.add_scalar($"{group}/{name}", (float)value, (int)Math.Min(step, int.MaxValue));
        }
    }

    /// <summary>All values of one name, in the order of steps, the last one written for each step.</summary>
    public static IReadOnlyList<(long Step, double Value)> Read(string path, string group, string name)
    {
        if (!File.Exists(path))
            return [];
        var values = new SortedDictionary<long, double>();
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (!line.Contains($"\"{group}/{name}\"", StringComparison.Ordinal))
                continue;
            using var row = JsonDocument.Parse(line);
            if (row.RootElement.TryGetProperty($"{group}/{name}", out var value) && value.ValueKind == JsonValueKind.Number
                && row.RootElement.TryGetProperty($"{group}/step", out var step))
                values[step.GetInt64()] = value.GetDouble();
        }

        return [.. values.Select(pair => (pair.Key, pair.Value))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        (_board as IDisposable)?.Dispose();
    }

    private void CutHalfLine()
    {
        var end = _file.Length;
        while (end > 0)
        {
            _file.Position = end - 1;
            if (_file.ReadByte() == '\n')
                break;
            end--;
        }

        _file.SetLength(end);
        _file.Position = end;
    }
}
