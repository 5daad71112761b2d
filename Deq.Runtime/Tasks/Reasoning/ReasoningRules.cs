using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Reasoning;

/// <summary>What the members of a reasoner's manifest must satisfy beyond what those of every model must.</summary>
internal static class ReasoningRules
{
    private const int MostStarts = 64;
    private static readonly string[] s_layouts = [.. Enum.GetNames<TokenLayout>().Select(name => name.ToLowerInvariant())];

    /// <summary>How tokens become the encoder's input: as they are.</summary>
    public const string AsTheyAre = "none";

    public static IEnumerable<string> Faults(ModelManifest manifest)
    {
        ImageInput input = manifest.Input;
        foreach (string fault in input.Faults())
        {
            yield return fault;
        }

        if (input.Channels != 1 || input.Resize != AsTheyAre)
        {
            yield return $"input has {input.Channels} channels and resize '{input.Resize}'; tokens are 1 channel, taken as they are ('{AsTheyAre}').";
        }

        if (input.Sizes?.Padding is not null)
        {
            yield return "input.sizes.padding is of a flow estimator; a reasoner pads nothing.";
        }

        if (input.Sizes is { } sizes ? input.Height != 0 || input.Width != 0 || sizes.Multiple != 1 : input.Height < 1 || input.Width < 1)
        {
            yield return "input gives a reasoner either height and width, at least 1, or sizes with the multiple 1.";
        }

        if (manifest.Labels.Count > 0 || manifest.State is not null)
        {
            yield return "labels and state are of other tasks; this is a reasoner.";
        }

        if (ReasoningContract.Find(manifest) is not { } reasoning)
        {
            yield return "reasoning is missing; a reasoner says there what its tokens are.";
            yield break;
        }

        foreach (string fault in (string[])[.. Tokens(reasoning, input), .. Efforts(reasoning, manifest.Defaults)])
        {
            yield return fault;
        }
    }

    private static IEnumerable<string> Tokens(ReasoningContract reasoning, ImageInput input)
    {
        int count = reasoning.Characters.Length;
        if (!s_layouts.Contains(reasoning.Layout) || (reasoning.Layout == "cells" && input.Sizes is not null))
        {
            yield return $"reasoning.layout is '{reasoning.Layout}'; it is one of {string.Join(", ", s_layouts)}, and cells only where the size is fixed.";
        }

        if (count < 2 || reasoning.Characters.Distinct().Count() < count)
        {
            yield return $"reasoning.characters is '{reasoning.Characters}'; it is at least 2 characters, all different.";
        }

        foreach ((string alias, int token) in reasoning.Aliases)
        {
            if (alias.Length != 1 || reasoning.Characters.Contains(alias, StringComparison.Ordinal) || token < 0 || token >= count)
            {
                yield return $"reasoning.aliases reads '{alias}' as {token}; an alias is one further character and its token below {count}.";
            }
        }

        foreach ((string name, IReadOnlyList<int> tokens) in new[] { ("blanks", reasoning.Blanks), ("answers", reasoning.Answers) })
        {
            if (tokens.Any(token => token < 0 || token >= count) || tokens.Distinct().Count() < tokens.Count || (name == "answers" && tokens.Count < 2))
            {
                yield return $"reasoning.{name} is [{string.Join(", ", tokens)}]; it is different tokens below {count}{(name == "answers" ? ", at least 2" : "")}.";
            }
        }

        if (reasoning.Checker is { } checker
            && (AnswerCheckers.Find(checker) is not { } known || !known.Vocabulary.Characters.SequenceEqual(reasoning.Characters)))
        {
            yield return $"reasoning.checker is '{checker}'; it is one of {string.Join(", ", AnswerCheckers.All.Select(each => each.Name))}, with that puzzle's characters.";
        }

        if (reasoning.StartNoise is not (> 0 and <= 100))
        {
            yield return $"reasoning.startNoise is {reasoning.StartNoise}; it is above 0 and at most 100.";
        }
    }

    private static IEnumerable<string> Efforts(ReasoningContract reasoning, SolveDefaults defaults)
    {
        if (!reasoning.Efforts.Select(level => level.Name).SequenceEqual(EffortLevel.Names))
        {
            yield return $"reasoning.efforts are {string.Join(", ", reasoning.Efforts.Select(level => level.Name))}; they are {string.Join(", ", EffortLevel.Names)}.";
        }

        foreach (EffortLevel level in reasoning.Efforts)
        {
            string where = $"reasoning.efforts, {level.Name}";
            if (level.Evaluations < 1 || level.Evaluations > defaults.EvaluationsLimit || level.EvaluationsPerPlace is not (>= 0 and <= 1000))
            {
                yield return $"{where}: {level.Evaluations} evaluations and {level.EvaluationsPerPlace} per place; they are 1 to evaluationsLimit, {defaults.EvaluationsLimit}, and 0 to 1000.";
            }

            if (level.Starts is < 1 or > MostStarts)
            {
                yield return $"{where}: {level.Starts} starts; they are 1 to {MostStarts}.";
            }

            if (!(level.Tolerance >= defaults.ToleranceLimit && level.Tolerance < 1))
            {
                yield return $"{where}: tolerance {level.Tolerance}; it is at least toleranceLimit, {defaults.ToleranceLimit}, and below 1.";
            }
        }
    }
}
