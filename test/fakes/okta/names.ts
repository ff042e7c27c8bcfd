/** Given and family names by language; people are generated within one language so that they are believable. */
export const peoples: readonly { given: readonly string[]; family: readonly string[] }[] = [
  {
    given: words("Emma Oliver Charlotte James Amelia George Isla Harry Ruby Thomas Alice William Freya Edward"),
    family: words("Smith Taylor Walker Hughes Bennett Clarke Fletcher Hartley Marsh O'Connor Whitfield Ellison"),
  },
  {
    given: words("Lukas Anna Jürgen Sabine Maximilian Katharina Jörg Heike Björn Ulrike Felix Greta Matthias Käthe"),
    family: words("Müller Schäfer Weiß Krüger Vogel Köhler Hoffmann Brandt Lindner Jäger Roth Böhm"),
  },
  {
    given: words("Chloé Théo Amélie Lucas Inès Gaëtan Margaux Rémi Zoé Étienne Noémie Benoît Hélène Julien"),
    family: words("Dubois Lefèvre Moreau Garnier Fournier Chevalier Béranger Lambert Rousseau Gauthier Lacroix Noël"),
  },
  {
    given: words("Sofía Mateo Lucía Diego Camila Joaquín Valentina Íñigo Begoña Álvaro Ximena Andrés Pilar Raúl"),
    family: words("García Hernández Muñoz Ibáñez Castro Peña Vázquez Ortega Fuentes Navarro Domínguez Cárdenas"),
  },
  {
    given: words("Giulia Lorenzo Chiara Matteo Francesca Davide Aurora Niccolò Beatrice Simone Elena Tommaso"),
    family: words("Rossi Ferrari Bianchi Ricci Marino Greco Conti Gallo Moretti Barbieri D'Angelo Fontana"),
  },
  {
    given: words("Zofia Jakub Małgorzata Łukasz Agnieszka Paweł Katarzyna Michał Bożena Grzegorz Ewa Stanisław"),
    family: words("Nowak Wójcik Kamiński Dąbrowski Zieliński Szymański Woźniak Jankowski Mazur Krawczyk Łapiński"),
  },
  {
    given: words("Åsa Lars Ingrid Søren Freja Mikkel Sigrid Håkon Astrid Jørgen Linnea Øyvind Maja Anders"),
    family: words("Andersson Nielsen Hansen Lindqvist Bergström Sørensen Dahl Ødegård Holm Nygård Lund Ekström"),
  },
  {
    given: words("Aarav Priya Rohan Ananya Vikram Meera Arjun Kavya Sanjay Lakshmi Nikhil Divya Rahul Ishita"),
    family: words("Sharma Patel Iyer Reddy Gupta Nair Banerjee Mehta Chatterjee Desai Krishnan Kulkarni"),
  },
  {
    given: words("Haruto Yui Sota Sakura Ren Hina Daiki Aoi Kenji Mio Takumi Nanami Yuto Emi"),
    family: words("Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Matsumoto"),
  },
  {
    given: words("Wei Mei Jian Li-Na Hao Xiu Chen Yan Ming Fang Lei Ting Bo Jing"),
    family: words("Wang Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Zhu"),
  },
  {
    given: words("Amara Chinedu Zainab Kwame Adaeze Tunde Folake Emeka Abena Sipho Thandi Kofi Ngozi Jabari"),
    family: words("Okafor Adeyemi Mensah Nkosi Balogun Eze Owusu Dlamini Abubakar Mwangi Otieno Asante"),
  },
  {
    given: words("Layla Omar Fatima Yusuf Noor Karim Salma Hassan Amina Tariq Rania Khalid Dalia Samir"),
    family: words("Haddad Mansour Khoury Rahman Saleh Nasser Aziz Farouk Hamdan Zaki Qasim Bakr"),
  },
  {
    given: words("Gabriela Thiago Beatriz João Larissa Rafael Conceição Caio Letícia Antônio Marina Otávio"),
    family: words("Silva Araújo Gonçalves Carvalho Ribeiro Magalhães Teixeira Simões Moura Falcão Barros Brandão"),
  },
  {
    given: words("Đặng Linh Minh Thảo Phương Quân Hương Tuấn Ngọc Khánh Trâm Bảo"),
    family: words("Nguyễn Trần Lê Phạm Hoàng Vũ Đỗ Bùi Hồ Dương Ngô Lý"),
  },
];

export const departments: readonly { name: string; weight: number; titles: readonly string[] }[] = [
  { name: "Engineering", weight: 26, titles: ["Software Engineer", "Senior Engineer", "Engineering Manager"] },
  { name: "Sales", weight: 16, titles: ["Account Executive", "Sales Engineer", "Regional Sales Lead"] },
  { name: "Finance", weight: 7, titles: ["Accountant", "Controller", "Financial Analyst"] },
  { name: "Customer Support", weight: 12, titles: ["Support Specialist", "Support Team Lead"] },
  { name: "Marketing", weight: 7, titles: ["Campaign Manager", "Content Strategist"] },
  { name: "Product", weight: 6, titles: ["Product Manager", "Product Owner"] },
  { name: "IT Operations", weight: 5, titles: ["Systems Administrator", "Site Reliability Engineer"] },
  { name: "Human Resources", weight: 4, titles: ["HR Partner", "Recruiter"] },
  { name: "Legal", weight: 2, titles: ["Counsel", "Compliance Officer"] },
  { name: "Security", weight: 3, titles: ["Security Analyst", "Penetration Tester"] },
  { name: "Design", weight: 3, titles: ["Product Designer", "UX Researcher"] },
  { name: "Data Science", weight: 4, titles: ["Data Scientist", "Analytics Engineer"] },
  { name: "Procurement", weight: 2, titles: ["Buyer", "Category Manager"] },
  { name: "Facilities", weight: 2, titles: ["Office Manager", "Facilities Technician"] },
  { name: "Executive Team", weight: 1, titles: ["Vice President", "Chief of Staff"] },
];

export const offices = words(
  "Berlin London Paris Madrid Milan Warsaw Stockholm Bangalore Tokyo Shanghai Lagos Dubai Hanoi Toronto Austin",
);

function words(text: string): readonly string[] {
  return text.split(" ");
}
