using System.Globalization;
using System.Text;
using Deq.Runtime.Trust;

namespace Deq.Benchmarks.Trust;

/// <summary>An ensemble of shipped classifiers on held-out images: half of them teach trust and temperature, the other half are tested.</summary>
internal static class EnsembleAccuracy
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- ensemble";

    /// <summary>What a member's file assumes of it before any vote was checked.</summary>
    private static readonly BetaTrust s_prior = new(3, 1);

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--models", "--members", "--data", "--levels") is not { } report || report["--data"] is not { } data || report["--members"] is not { } names)
        {
            Console.Error.WriteLine("ensemble needs --members a,b,c and --data <images>; --models <folder> is models, --levels 0.85,0.9,0.93.");
            return 2;
        }

        int[] truth = [];
        MemberVotes[] members = [.. names.Split(',').Select(name => MemberVotes.Of(Path.Combine(report["--models"] ?? "models", name), data, out truth))];
        int classes = truth.Max() + 1;
        int[] gold = [.. Enumerable.Range(0, truth.Length).Where(image => image % 2 == 0)];
        int[] tested = [.. Enumerable.Range(0, truth.Length).Where(image => image % 2 == 1)];
        TaughtMember[] taught = [.. members.Select(member => TaughtMember.Of(member, gold, truth))];
        double temperature = Temperature(members, taught, gold, truth, classes);
        VoteRow vote = Vote(members, taught, tested, truth, classes, temperature);
        double[] levels = [.. (report["--levels"] ?? "0.85,0.9,0.93").Split(',').Select(level => double.Parse(level, CultureInfo.InvariantCulture))];
        LevelRow[] sequential = [.. levels.Select(level => Level(members, taught, tested, truth, classes, temperature, level))];
        MemberRow[] rows = [.. taught.Select(member => member.Row(tested, truth))];
        report.Write(Page(rows, vote, sequential, gold.Length, tested.Length, temperature, names, Dependence(members, tested, truth)), new { members = rows, vote, sequential, temperature });
        return 0;
    }

    /// <summary>T on the gold images, each left out of the trust that its votes are weighed with.</summary>
    private static double Temperature(MemberVotes[] members, TaughtMember[] taught, int[] gold, int[] truth, int classes) => DependenceTemperature.Fit(
    [
        .. gold.Select(image =>
        {
            double[] scores = new double[classes];
            for (int i = 0; i < members.Length; i++)
            {
                bool isRight = members[i].Labels[image] == truth[image];
                BetaTrust without = s_prior.Observe(taught[i].Right - (isRight ? 1 : 0), taught[i].Wrong - (isRight ? 0 : 1));
                scores[members[i].Labels[image]] += VoteWeights.Of(without.Mean, classes);
            }

            return new ScoredItem(scores, truth[image], (ulong)image);
        }),
    ]);

    private static VoteRow Vote(MemberVotes[] members, TaughtMember[] taught, int[] tested, int[] truth, int classes, double temperature)
    {
        (double right, double believed, double independent, double majority) = (0, 0, 0, 0);
        double squares = 0;
        foreach (int image in tested)
        {
            double[] scores = new double[classes];
            double[] counts = new double[classes];
            for (int i = 0; i < members.Length; i++)
            {
                scores[members[i].Labels[image]] += VoteWeights.Of(taught[i].Trust.Mean, classes);
                counts[members[i].Labels[image]]++;
            }

            double posterior = VoteWeights.Confidence(scores, temperature);
            double isRight = VoteWeights.Decide(scores, (ulong)image) == truth[image] ? 1 : 0;
            right += isRight;
            majority += VoteWeights.Decide(counts, (ulong)image) == truth[image] ? 1 : 0;
            believed += posterior;
            independent += VoteWeights.Confidence(scores, 1);
            squares += (posterior - isRight) * (posterior - isRight);
        }

        double n = tested.Length;
        double gap = (believed - right) / n;
        return new(right / n, majority / n, believed / n, independent / n, Math.Sqrt(((squares / n) - (gap * gap)) / n));
    }

    private static LevelRow Level(MemberVotes[] members, TaughtMember[] taught, int[] tested, int[] truth, int classes, double temperature, double level)
    {
        double[] trust = [.. taught.Select(member => member.Trust.Mean)];
        double[] costs = [.. members.Select(member => member.MillisecondsPerImage)];
        (int answered, int right, int rightOfAll) = (0, 0, 0);
        (double cost, double asked) = (0, 0);
        foreach (int image in tested)
        {
            var vote = new SequentialVote(trust, costs, classes, level, temperature);
            while (vote.Next is { } member)
            {
                vote.Add(member, members[member].Labels[image]);
                cost += costs[member];
                asked++;
            }

            bool isRight = vote.Label((ulong)image) == truth[image];
            rightOfAll += isRight ? 1 : 0;
            answered += vote.IsDecided ? 1 : 0;
            right += vote.IsDecided && isRight ? 1 : 0;
        }

        return new(level, answered / (double)tested.Length, right / (double)Math.Max(1, answered), rightOfAll / (double)tested.Length)
        {
            MeanMembers = asked / tested.Length,
            CostShare = cost / tested.Length / costs.Sum(),
        };
    }

    /// <summary>How much more often two members are wrong together than if their errors were independent: the mean over pairs.</summary>
    private static double Dependence(MemberVotes[] members, int[] tested, int[] truth)
    {
        double[][] wrong = [.. members.Select(member => tested.Select(image => member.Labels[image] == truth[image] ? 0.0 : 1).ToArray())];
        return (from i in Enumerable.Range(0, wrong.Length)
                from j in Enumerable.Range(i + 1, wrong.Length - i - 1)
                let both = wrong[i].Zip(wrong[j], (one, other) => one * other).Average()
                let apart = wrong[i].Average() * wrong[j].Average()
                select (both - apart) / Math.Sqrt(apart * (1 - wrong[i].Average()) * (1 - wrong[j].Average()))).Average();
    }

    private static string Page(MemberRow[] rows, VoteRow vote, LevelRow[] levels, int gold, int tested, double temperature, string names, double dependence)
    {
        var page = new StringBuilder();
        MemberRow best = rows.MaxBy(row => row.Accuracy)!;
        page.AppendLine("# An ensemble of shipped classifiers");
        page.AppendLine();
        page.AppendLine($"`{Command} --members {names} --data <Fashion-MNIST> --json docs/results/ensemble.json --markdown docs/results/ensemble.md` makes this page. Words: [trust](../trust.md).");
        page.AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"Images of the training part that no member was trained on: {gold} of them are gold and teach trust and temperature, the other {tested} are tested.");
        page.AppendLine("Votes are those of each bundle's default solve through ONNX Runtime. Errors of two members correlate by");
        page.AppendLine(CultureInfo.InvariantCulture, $"{dependence:F2} on average over pairs: they are far from independent. Temperature {temperature:F3}.");
        page.AppendLine();
        page.AppendLine("| member | right of gold | wrong of gold | accuracy tested | mean evaluations | ms per image, one thread |");
        page.AppendLine("|---|--:|--:|--:|--:|--:|");
        foreach (MemberRow row in rows)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Model} | {row.Right} | {row.Wrong} | {row.Accuracy:P2} | {row.MeanEvaluations:F2} | {row.Milliseconds:F2} |");
        }

        page.AppendLine();
        page.AppendLine("| the vote of all | |");
        page.AppendLine("|---|--:|");
        page.AppendLine(CultureInfo.InvariantCulture, $"| weighted by trust, ± standard error | {vote.Accuracy:P2} ± {Math.Sqrt(vote.Accuracy * (1 - vote.Accuracy) / tested):P2} |");
        page.AppendLine(CultureInfo.InvariantCulture, $"| against the best member, {best.Model} | {100 * (vote.Accuracy - best.Accuracy):+0.00;-0.00} points |");
        page.AppendLine(CultureInfo.InvariantCulture, $"| majority | {vote.Majority:P2} |");
        page.AppendLine(CultureInfo.InvariantCulture, $"| believed, corrected | {vote.Believed:P2} |");
        page.AppendLine(CultureInfo.InvariantCulture, $"| believed − actual, ± standard error | {vote.Believed - vote.Accuracy:+0.0000;-0.0000} ± {vote.Error:F4} |");
        page.AppendLine(CultureInfo.InvariantCulture, $"| believed as if errors were independent | {vote.Independent:P2} |");
        page.AppendLine();
        page.AppendLine("Members asked one after another until the posterior reaches `accuracy`:");
        page.AppendLine();
        page.AppendLine("| accuracy asked for | images that reach it | accuracy of these | accuracy of all images | mean members asked | share of all members' cost |");
        page.AppendLine("|--:|--:|--:|--:|--:|--:|");
        foreach (LevelRow row in levels)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {row.Level} | {row.Answered:P1} | {row.Accuracy:P2} | {row.AccuracyOfAll:P2} | {row.MeanMembers:F2} | {row.CostShare:P0} |");
        }

        return page.ToString();
    }

    /// <summary>What a member got right and wrong on the gold images.</summary>
    private sealed record TaughtMember(MemberVotes Votes, int Right, int Wrong)
    {
        public BetaTrust Trust => s_prior.Observe(Right, Wrong);

        public static TaughtMember Of(MemberVotes votes, int[] gold, int[] truth)
        {
            int right = gold.Count(image => votes.Labels[image] == truth[image]);
            return new(votes, right, gold.Length - right);
        }

        public MemberRow Row(int[] tested, int[] truth) => new(
            Votes.Model, Right, Wrong, tested.Count(image => Votes.Labels[image] == truth[image]) / (double)tested.Length, Votes.MeanEvaluations, Votes.MillisecondsPerImage);
    }

    private sealed record MemberRow(string Model, int Right, int Wrong, double Accuracy, double MeanEvaluations, double Milliseconds);

    private sealed record VoteRow(double Accuracy, double Majority, double Believed, double Independent, double Error);

    private sealed record LevelRow(double Level, double Answered, double Accuracy, double AccuracyOfAll)
    {
        public required double MeanMembers { get; init; }

        public required double CostShare { get; init; }
    }
}
